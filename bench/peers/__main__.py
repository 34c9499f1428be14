"""One contender in a process of its own: `python -m bench.peers NAME URL`, its seconds as JSON, without imports."""

import importlib
import json
import sys

if __name__ == "__main__":
    print(json.dumps(importlib.import_module(f"bench.peers.{sys.argv[1]}").run(sys.argv[2])))
