"""python -m local.server: a durable Resonate server with nothing to install."""

from starting import start

if __name__ == "__main__":
    start("local.server.program")
