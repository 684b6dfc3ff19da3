//! What kernels and accumulators give or fail with. It must not know any particular function.

use crate::diagnostic::Diagnostic;

/// A diagnostic, boxed so that results stay small.
pub type Failure = Box<Diagnostic>;

/// A result that fails with a diagnostic.
pub type Result<T, E = Failure> = std::result::Result<T, E>;
