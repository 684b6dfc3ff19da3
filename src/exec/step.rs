//! What a step of a pipeline is: it makes one chunk of one chunk and keeps nothing between chunks, so that several
//! threads may run the same steps over different chunks. It must not know particular steps.

use super::context::ExecContext;
use crate::column::Chunk;
use crate::function::Result;

/// Makes a chunk of a chunk.
pub(super) trait ChunkStep: Sync {
    /// The rows that come of these; may be none.
    fn apply(&self, context: &ExecContext<'_>, chunk: Chunk) -> Result<Chunk>;
}
