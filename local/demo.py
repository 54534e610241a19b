"""python -m local.demo: the main job end to end on this machine."""

from starting import start

if __name__ == "__main__":
    start("local.showing")
