//! Charts of answers: as pictures, and below tables in a terminal. It must not know where they are written.

use kqlite::{NamedTable, Table};
use kqlite_chart::{Chart, PictureSize, TerminalSize};

use crate::failure::Failure;
use crate::output::{eprint_str, has_colour};
use crate::terminal::WIDTH;

/// How many lines a chart has in a terminal.
const HEIGHT: usize = 16;

/// The picture of an answer; a failure if the query asks for none, or the rows are none that it can show.
pub fn picture(table: &Table) -> Result<String, Failure> {
    match Chart::of_answer(table) {
        Ok(Some(chart)) => Ok(chart.to_svg(PictureSize::default())),
        Ok(None) => Err(Failure::Wrong(
            "error: the query asks for no chart\n = help: let it end in `| render timechart`, or columnchart, piechart, …\n"
                .to_owned(),
        )),
        Err(error) => Err(Failure::wrong(error)),
    }
}

/// The charts of tables as text, each behind an empty line. What cannot be drawn is told on the standard error, since the table
/// is there.
pub fn below(tables: &[NamedTable]) -> String {
    let width = match console::Term::stdout().size_checked() {
        Some((_, columns)) => usize::from(columns),
        None => WIDTH,
    };
    let size =
        TerminalSize { width: width.min(160), height: HEIGHT, has_colours: has_colour(&std::io::stdout()) };
    let mut text = String::new();
    for it in tables {
        match Chart::of_answer(&it.table) {
            Ok(Some(chart)) => {
                text.push('\n');
                if tables.len() > 1 {
                    text.push_str(&format!("{}:\n", it.name));
                }
                text.push_str(&chart.to_text(size));
            }
            Ok(None) => {}
            Err(error) => eprint_str(&format!("note: no chart is drawn: {error}\n")),
        }
    }
    text
}
