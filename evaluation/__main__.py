"""python -m evaluation [FOLDER]: how right we are."""

from starting import start

if __name__ == "__main__":
    start("evaluation.program")
