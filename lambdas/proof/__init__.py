"""The custom resource that proves a new server before a deployment stops the running one."""
