//! Says why an answer has no rows: what the conditions that kept none would have kept, written a little differently. It must not
//! know how that is found out.

use std::path::Path;

use crate::args::Source;
use crate::data;
use crate::output::quietly;
use crate::session::{Load, Session};

/// The most bytes of files that are read once more for it.
const MAX_BYTES: u64 = 16 << 20;

/// Notes on an answer without rows; `None` where there is nothing to say, or too much data to look at again.
pub fn notes(source: &Source) -> Option<String> {
    if !can_be_read_again(source) {
        return None;
    }
    // What goes wrong in all of the rows went well in those that the answer needs: then there is no note.
    let explanation = quietly(|| {
        let session = Session::open(source, Load::Whole).ok()?;
        session.limited(|options| session.query.explain(&session.database, options)).ok()
    })?;
    let step = explanation.step_without_rows()?;
    Some(step.notes.iter().map(|note| format!("note: step {}: {note}\n", step.number)).collect())
}

/// The query and the data are files that are there still, and not large.
fn can_be_read_again(source: &Source) -> bool {
    if source.query.as_deref() == Some("-") || source.query_file.as_deref() == Some(Path::new("-")) {
        return false;
    }
    let Ok(files) = data::data_files(&source.data.data) else { return false };
    let mut left = MAX_BYTES;
    files.iter().flat_map(|file| &file.paths).all(|path| {
        let file = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
        let rest = file.and_then(|file| left.checked_sub(file.len()));
        left = rest.unwrap_or(0);
        rest.is_some()
    })
}
