package main

func main() { run(flags.Bool("read-in-other-code")) }
