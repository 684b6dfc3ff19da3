//! A database with what commands manage beside its rows: its name, its version, folders and descriptions. It must not know
//! how commands are written.

use indexmap::IndexMap;
use kqlite::{Database, Guid};

/// A database, its name, and what is noted of its tables and functions.
#[derive(Debug, Clone)]
pub struct ManagedDatabase {
    name: String,
    database: Database,
    pretty_name: String,
    /// How often it was changed.
    changes: u64,
    tables: IndexMap<String, EntityNotes>,
    functions: IndexMap<String, EntityNotes>,
}

/// What is noted of a table or function.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntityNotes {
    /// The folder that it is shown in.
    pub folder: String,
    /// What it is, for people.
    pub docstring: String,
}

impl ManagedDatabase {
    /// A database of a name, without notes.
    #[must_use]
    pub fn new(name: impl Into<String>, database: Database) -> Self {
        Self {
            name: name.into(),
            database,
            pretty_name: String::new(),
            changes: 0,
            tables: IndexMap::new(),
            functions: IndexMap::new(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that is shown to people; empty if it has none.
    #[must_use]
    pub fn pretty_name(&self) -> &str {
        &self.pretty_name
    }

    /// Its tables and functions.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Its tables and functions, to be changed: that is another version.
    pub fn database_mut(&mut self) -> &mut Database {
        self.changes += 1;
        &mut self.database
    }

    /// The same name and notes over other tables and functions, as another version.
    #[must_use]
    pub fn with_database(&self, database: Database) -> Self {
        Self { database, changes: self.changes + 1, ..self.clone() }
    }

    /// Its version, as Kusto writes it: `v1.` and how often it was changed.
    #[must_use]
    pub fn version(&self) -> String {
        format!("v1.{}", self.changes)
    }

    /// How often it was changed.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// An id that the same name always has.
    #[must_use]
    pub fn id(&self) -> Guid {
        id_of(&[&self.name])
    }

    /// An id that a table of this name always has in this database.
    #[must_use]
    pub fn table_id(&self, table: &str) -> Guid {
        id_of(&[&self.name, table])
    }

    /// An id of what the last change brought.
    #[must_use]
    pub fn change_id(&self) -> Guid {
        id_of(&[&self.name, "", &self.changes.to_string()])
    }

    /// What is noted of a table.
    #[must_use]
    pub fn table_notes(&self, table: &str) -> EntityNotes {
        self.tables.get(table).cloned().unwrap_or_default()
    }

    /// What is noted of a function.
    #[must_use]
    pub fn function_notes(&self, function: &str) -> EntityNotes {
        self.functions.get(function).cloned().unwrap_or_default()
    }

    pub(crate) fn set_pretty_name(&mut self, name: String) {
        self.changes += 1;
        self.pretty_name = name;
    }

    pub(crate) fn note_table(&mut self, table: &str, notes: EntityNotes) {
        self.tables.insert(table.to_owned(), notes);
    }

    pub(crate) fn note_function(&mut self, function: &str, notes: EntityNotes) {
        self.functions.insert(function.to_owned(), notes);
    }

    /// Takes a table away, with what is noted of it.
    pub(crate) fn drop_table(&mut self, table: &str) -> bool {
        self.tables.shift_remove(table);
        self.database_mut().remove(table)
    }

    /// Takes a function away, with what is noted of it.
    pub(crate) fn drop_function(&mut self, function: &str) -> bool {
        self.functions.shift_remove(function);
        self.database_mut().remove_function(function)
    }

    /// Gives a table another name, with what is noted of it.
    pub(crate) fn rename_table(&mut self, from: &str, to: &str) -> bool {
        let renamed = self.database_mut().rename(from, to);
        if renamed && let Some(notes) = self.tables.shift_remove(from) {
            self.tables.insert(to.to_owned(), notes);
        }
        renamed
    }
}

/// The FNV-1a hash of some names in 128 bits, with a byte between them that no name has.
fn id_of(names: &[&str]) -> Guid {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let bytes = names.iter().flat_map(|name| name.bytes().chain(std::iter::once(0)));
    Guid(bytes.fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME)))
}
