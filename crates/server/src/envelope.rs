//! Members of a JSON object that a request is, without a tree of all that may be in it. It must not know which members there are.

use std::collections::HashMap;

use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::failure::Failure;

/// The most bytes of a member that becomes a tree, which takes many times the memory.
const MAX_TREE_BYTES: usize = 1 << 20;

/// The most members of a request.
const MAX_MEMBERS: usize = 1000;

/// The longest value that a message repeats, in characters.
const MAX_SHOWN: usize = 60;

/// The members of a request, as they were written.
#[derive(Debug)]
pub(crate) struct Envelope<'a>(HashMap<String, &'a RawValue>);

impl<'a> Envelope<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Failure> {
        let no_json = |error: serde_json::Error| {
            Failure::bad_request(format!("the body of the request is no JSON: {error}"))
        };
        let whole: &RawValue = serde_json::from_slice(body).map_err(no_json)?;
        if !whole.get().starts_with('{') {
            return Err(Failure::bad_request("the body of the request is no JSON object"));
        }
        let members: HashMap<String, &RawValue> = serde_json::from_str(whole.get()).map_err(no_json)?;
        if members.len() > MAX_MEMBERS {
            return Err(Failure::bad_request("the body of the request has very many members"));
        }
        Ok(Self(members))
    }

    /// A member that is a text, unless it is missing or null.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let Some(written) = self.0.get(name) else { return Ok(None) };
        serde_json::from_str(written.get()).map_err(|_| {
            let shown: String = written.get().chars().take(MAX_SHOWN).collect();
            Failure::bad_request(format!("'{name}' is {shown}; a text was expected"))
        })
    }

    /// A member of any form.
    pub(crate) fn tree(&self, name: &str) -> Result<Option<Json>, Failure> {
        let Some(written) = self.0.get(name) else { return Ok(None) };
        if written.get().len() > MAX_TREE_BYTES {
            return Err(Failure::bad_request(format!("'{name}' has more than {MAX_TREE_BYTES} bytes")));
        }
        let read = serde_json::from_str(written.get());
        read.map(Some).map_err(|error| Failure::bad_request(format!("'{name}' cannot be read: {error}")))
    }
}
