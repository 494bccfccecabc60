"""A small, faithful Slack: one port for its Web API, Socket Mode, response_urls, control API and page."""
