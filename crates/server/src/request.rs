//! What clients of Kusto send: the text, the database, properties. It must not know how it is run.

use serde_json::Value as Json;

use crate::envelope::Envelope;
use crate::failure::Failure;
use crate::properties::Properties;

/// A query or a command, as it was sent.
#[derive(Debug)]
pub(crate) struct Request {
    /// The name of the database, if one is given.
    pub database: Option<String>,
    pub text: String,
    pub properties: Properties,
}

impl Request {
    /// Reads the body of a request: `{"db": …, "csl": …, "properties": …}`.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Failure> {
        let members = Envelope::read(body)?;
        Self::new(members.text("db")?, members.text("csl")?, members.tree("properties")?)
    }

    /// Reads the query string of a request: `?db=…&csl=…&properties=…`.
    pub(crate) fn read_query_string(pairs: &[(String, String)]) -> Result<Self, Failure> {
        let find = |wanted: &str| {
            let (_, value) = pairs.iter().find(|(name, _)| name == wanted)?;
            Some(value.clone())
        };
        Self::new(find("db"), find("csl"), find("properties").map(Json::String))
    }

    fn new(
        database: Option<String>,
        text: Option<String>,
        properties: Option<Json>,
    ) -> Result<Self, Failure> {
        let text =
            text.ok_or_else(|| Failure::bad_request("'csl' is missing: the text of a query or command"))?;
        let database = database.filter(|name| !name.is_empty());
        Ok(Self { database, text, properties: Properties::read(properties)? })
    }
}
