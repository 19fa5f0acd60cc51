"""What djaws knows of a repository: the Stack (AWS), the Project (Django), the Pipeline (CI), and the System that joins them."""
