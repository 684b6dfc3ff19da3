//! kqlite in a browser: a request in JSON, an answer in JSON. It must not know the page, and reads no clock: a request brings the
//! time.
//!
//! ```
//! use kqlite_wasm::Playground;
//!
//! let mut playground = Playground::new();
//! playground.answer(r#"{"do": "load", "name": "T", "format": "csv", "text": "a\n1\n2\n"}"#);
//! let answer = playground.answer(r#"{"do": "run", "query": "T | count", "now": "2024-06-30T12:00:00Z"}"#);
//! assert!(answer.contains(r#""rows":[["2"]]"#));
//! ```

mod answers;
mod exports;
mod judge;
mod lesson;
mod lessons;
mod playground;
mod reference;
mod request;

pub use judge::{Verdict, judge};
pub use lesson::{Hint, Lesson};
pub use lessons::{database_of, lessons};
pub use playground::Playground;
