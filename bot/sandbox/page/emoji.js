/** The common `:names:` that bots and people write; an unknown one stays as it was typed. */

const NAMES = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", negative_squared_cross_mark: "❎",
  warning: "⚠️", rotating_light: "🚨", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", stop_sign: "🛑",
  information_source: "ℹ️", question: "❓", grey_question: "❔", exclamation: "❗", bangbang: "‼️",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", clock1: "🕐", alarm_clock: "⏰", calendar: "📅",
  arrow_forward: "▶️", arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", leftwards_arrow_with_hook: "↩️",
  arrows_counterclockwise: "🔄", repeat: "🔁", black_square_for_stop: "⏹️", double_vertical_bar: "⏸️", wastebasket: "🗑️",
  red_circle: "🔴", large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", large_green_square: "🟩", large_red_square: "🟥", white_large_square: "⬜",
  lock: "🔒", unlock: "🔓", key: "🔑", shield: "🛡️", eyes: "👀", bulb: "💡", mag: "🔍", link: "🔗", pushpin: "📌",
  rocket: "🚀", fire: "🔥", zap: "⚡", boom: "💥", tada: "🎉", sparkles: "✨", star: "⭐", bell: "🔔", no_bell: "🔕",
  robot_face: "🤖", cloud: "☁️", computer: "💻", desktop_computer: "🖥️", package: "📦", gear: "⚙️", wrench: "🔧",
  hammer_and_wrench: "🛠️", construction: "🚧", bar_chart: "📊", chart_with_upwards_trend: "📈", moneybag: "💰",
  memo: "📝", clipboard: "📋", file_folder: "📁", wave: "👋", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎",
  raised_hands: "🙌", pray: "🙏", ok_hand: "👌", point_right: "👉", smile: "😄", slightly_smiling_face: "🙂", thinking_face: "🤔",
  zzz: "💤", moon: "🌔", sunny: "☀️", heart: "❤️", coffee: "☕", one: "1️⃣", two: "2️⃣", three: "3️⃣",
};

/** The character for a name without its colons, or null. */
export function emojiFor(name) {
  return Object.hasOwn(NAMES, name) ? NAMES[name] : null;
}
