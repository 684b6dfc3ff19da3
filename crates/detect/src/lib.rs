//! Detection rules and the built-in table schemas. It knows the library by its public face alone.
