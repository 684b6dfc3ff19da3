//! Bodies of requests and answers, whose bytes are counted as long as they are held. It must not know what is in them.

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;

use crate::admission::Room;
use crate::failure::Failure;
use crate::state::ServerState;

/// A body that was read.
#[derive(Debug)]
pub(crate) struct HeldBytes {
    pub bytes: Vec<u8>,
    _room: Room,
}

/// Reads a body as a whole, within the limits on bytes and time.
pub(crate) async fn read(state: &ServerState, headers: &HeaderMap, body: Body) -> Result<HeldBytes, Failure> {
    let most = state.settings.resources.body_bytes;
    let told = headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|told| told > most as u64) || body.size_hint().lower() > most as u64 {
        return Err(Failure::too_large(most));
    }
    let reading = tokio::time::timeout(state.settings.timeouts.body, collect(state, body, most));
    reading.await.unwrap_or_else(|_| Err(Failure::slow_body()))
}

async fn collect(state: &ServerState, mut body: Body, most: usize) -> Result<HeldBytes, Failure> {
    let (mut bytes, mut room) = (Vec::new(), Room::NONE);
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|error| Failure::bad_request(format!("the body cannot be read: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > most {
            return Err(Failure::too_large(most));
        }
        // A vector that grows has twice the bytes for a moment.
        let capacity = bytes.capacity();
        bytes.reserve(data.len());
        room.add(state.admission.body_room(bytes.capacity().saturating_sub(capacity), &state.metrics)?);
        bytes.extend_from_slice(&data);
    }
    Ok(HeldBytes { bytes, _room: room })
}

/// An answer's bytes and the room that they take, until they are sent.
struct HeldAnswer {
    bytes: Vec<u8>,
    _room: Room,
}

impl AsRef<[u8]> for HeldAnswer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A body of an answer that takes room until it is sent.
pub(crate) fn answer(state: &ServerState, bytes: Vec<u8>) -> Result<Body, Failure> {
    let room = state.admission.answer_room(bytes.len(), &state.metrics)?;
    Ok(Body::from(Bytes::from_owner(HeldAnswer { bytes, _room: room })))
}
