//! What helps with a name that is not known. It must not know what the names stand for.

/// "did you mean 'x'?", or the names that there are.
pub(crate) fn suggestion<'n>(name: &str, what: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    const MAX_NAMED: usize = 12;
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = kqlite::nearest(name, known.iter().copied()) {
        return format!("did you mean '{near}'?");
    }
    let shown = known.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = known.len().saturating_sub(MAX_NAMED);
    if more > 0 { format!("{what}: {shown} … and {more} more") } else { format!("{what}: {shown}") }
}
