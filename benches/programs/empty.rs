//! The least a Rust program can be: what starting a process costs.

fn main() {}
