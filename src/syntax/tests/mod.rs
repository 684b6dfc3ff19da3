//! Tests of the syntax stage as a whole: hostile texts, formatting, printing, walking, and the grammar's document.

mod entries;
mod examples;
mod grammar;
mod hostile;
mod print;
mod soup;
mod walk;
