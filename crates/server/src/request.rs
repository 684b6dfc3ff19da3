//! What clients of Kusto send: the text, the database, properties. It must not know how it is run.

use serde_json::Value as Json;

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
        let parsed: Json = serde_json::from_slice(body)
            .map_err(|error| Failure::bad_request(format!("the body of the request is no JSON: {error}")))?;
        let Json::Object(mut members) = parsed else {
            return Err(Failure::bad_request(
                "the body of the request is no JSON object with 'db' and 'csl'",
            ));
        };
        Self::new(members.remove("db"), members.remove("csl"), members.remove("properties"))
    }

    /// Reads the query string of a request: `?db=…&csl=…&properties=…`.
    pub(crate) fn read_query_string(pairs: Vec<(String, String)>) -> Result<Self, Failure> {
        let find = |wanted: &str| {
            let found = pairs.iter().find(|(name, _)| name == wanted)?;
            Some(Json::String(found.1.clone()))
        };
        Self::new(find("db"), find("csl"), find("properties"))
    }

    fn new(database: Option<Json>, text: Option<Json>, properties: Option<Json>) -> Result<Self, Failure> {
        let database = match database {
            None | Some(Json::Null) => None,
            Some(Json::String(name)) if name.is_empty() => None,
            Some(Json::String(name)) => Some(name),
            Some(other) => return Err(Failure::bad_request(format!("'db' is {other}; a text was expected"))),
        };
        let text = match text {
            Some(Json::String(text)) => text,
            Some(other) => {
                return Err(Failure::bad_request(format!("'csl' is {other}; a text was expected")));
            }
            None => return Err(Failure::bad_request("'csl' is missing: the text of a query or command")),
        };
        Ok(Self { database, text, properties: Properties::read(properties)? })
    }
}
