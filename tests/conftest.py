"""Fixtures that cost too much to be made more than once in a process, and a collector that walks no library twice.

A quarter of the suite's time went into walking botocore's and moto's models again and again for garbage.
"""

import gc

from tests.postgres import _postgres_database, postgres, postgres_url

__all__ = ["_postgres_database", "postgres", "postgres_url"]


def pytest_collection_finish() -> None:
    """What collecting the tests has loaded stays for good; what tests leave is still collected, in larger heaps."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 50)
