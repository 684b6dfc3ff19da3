//! Tests of the syntax stage as a whole: hostile texts, formatting, and the grammar's document.

mod hostile;
