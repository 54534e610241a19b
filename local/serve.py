"""python -m local.serve: the whole system, kept up for your own requests."""

from starting import start

if __name__ == "__main__":
    start("local.serving")
