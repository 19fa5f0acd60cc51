"""Where the engines' libraries are imported: one module each, run inside a worker process."""
