"""python -m ops, and ./longhand."""

from starting import start

if __name__ == "__main__":
    start("ops.run")
