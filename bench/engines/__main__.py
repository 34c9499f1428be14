"""One peer in a process of its own: `python -m bench.engines ENGINE PEER URL`, its seconds as JSON, without imports."""

import json
import sys

from bench.engines import load

if __name__ == "__main__":
    print(json.dumps(load(sys.argv[1]).peers[sys.argv[2]](sys.argv[3])))
