//! Charts of kqlite's answers: what `render` asks for, as data, as SVG and as text for a terminal. It must not know where a
//! picture goes, and reads no clock and no files.
//!
//! ```
//! use kqlite::{Database, DateTime, Options};
//! use kqlite_chart::{Chart, PictureSize};
//!
//! let query = "datatable (Team: string, Failures: long) ['red', 11, 'blue', 4] | render columnchart";
//! let db = Database::new();
//! let answer = db.compile(query)?.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
//! let chart = Chart::of_answer(&answer)?.unwrap();
//! assert!(chart.to_svg(PictureSize::default()).starts_with("<svg "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod axis;
mod cell;
mod chart;
mod draw;
mod error;
mod format;
mod kind;
mod layout;
mod palette;
mod properties;
mod roles;
mod scale;
mod svg;
mod terminal;
mod text_width;
mod ticks;

pub use axis::{Axis, Measure};
pub use chart::{Body, Chart, Fact, Lane, Lanes, Mark, Panel, Plot, Point, Series, Share, Shares, Stacking};
pub use draw::PictureSize;
pub use error::ChartError;
pub use properties::ChartKind;
pub use terminal::TerminalSize;
