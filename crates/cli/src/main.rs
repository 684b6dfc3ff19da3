//! The command line: reads files and arguments, calls the library, prints. It holds no KQL semantics.
fn main() {}
