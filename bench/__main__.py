"""python -m bench [SUBJECT ...]: measures."""

from starting import start

if __name__ == "__main__":
    start("bench.program")
