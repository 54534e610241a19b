"""The steps of the workflow as plain functions: values and ports in, one value out, safe to run twice."""
