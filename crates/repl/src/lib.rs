//! A prompt: statements are read from a terminal or a pipe, run over a database, and their answers shown. It must not know
//! files of data, clocks, or how reports are laid out: a [`Host`] brings them.

mod answer;
mod candidates;
mod commands;
mod editor;
mod history;
mod host;
mod pager;
mod prompt;
mod screen;
mod settings;
mod shell;
mod statement;

pub use commands::{ShellCommand, commands};
pub use history::history_file;
pub use host::Host;
pub use prompt::{Ending, run};
pub use settings::Settings;
pub use shell::Shell;
