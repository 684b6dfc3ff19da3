//! Where and for whom a query runs, as far as it may ask. It must not know who gives it.

use crate::types::Dynamic;

/// Where and for whom a query runs: what `current_database()`, `current_principal()` and their kin give.
///
/// ```
/// use kqlite::{Database, DateTime, Options, Session, Value};
/// let session = Session { database: "Logs".to_owned(), ..Session::default() };
/// let options = Options::new(DateTime::UNIX_EPOCH).session(session);
/// let db = Database::new();
/// let answer = db.compile("print Name = current_database()")?.run(&db, &options)?;
/// assert_eq!(answer.value(0, "Name"), Some(Value::from("Logs")));
/// # Ok::<(), kqlite::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// `current_database()`: the database in scope. `NetDefaultDB` by default, as in a new cluster.
    pub database: String,
    /// `current_cluster_endpoint()`: the host name of the cluster. `localhost` by default.
    pub cluster: String,
    /// `current_principal()`: the full name of who runs the query, such as `aaduser=…;…`. Without one it is empty, with a
    /// warning.
    pub principal: Option<String>,
    /// `current_principal_details()`: a property bag. Without one it is null, with a warning.
    pub principal_details: Option<Dynamic>,
    /// What `current_principal_is_member_of()` finds beside the principal itself: groups by their full names.
    pub groups: Vec<String>,
    /// `cursor_current()`: a text that means something to the caller alone. By default the ticks of `now()`.
    pub cursor: Option<String>,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            database: "NetDefaultDB".to_owned(),
            cluster: "localhost".to_owned(),
            principal: None,
            principal_details: None,
            groups: Vec::new(),
            cursor: None,
        }
    }
}
