"""The steps of the workflows: methods of classes that hold the ports, each safe to run twice."""
