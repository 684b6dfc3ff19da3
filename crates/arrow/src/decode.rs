//! Calls the crates that decode files, and turns what goes wrong there into errors. It must not know what is decoded.

use kqlite::DataError;

/// Makes the error for data that another crate refuses.
pub fn broken(error: &dyn std::fmt::Display) -> DataError {
    DataError::from_message(format!("the data is broken: {error}"))
}

/// Has another crate decode something. Those crates are not proof against garbled bytes: where one of them panics, the data
/// is broken, and a program that embeds this one need not end. In a build with `panic = "abort"` it ends all the same.
pub fn decode<T, E: std::fmt::Display>(work: impl FnOnce() -> Result<T, E>) -> Result<T, DataError> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| broken(&error)),
        Err(_) => Err(broken(&"it cannot be decoded")),
    }
}
