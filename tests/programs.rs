//! Runs the programs of `examples/`: what they assert holds.

#[path = "../examples/embed.rs"]
mod embed;
#[path = "../examples/functions.rs"]
mod functions;
#[path = "../examples/lint.rs"]
mod lint;
#[path = "../examples/service.rs"]
mod service;
#[path = "../examples/source.rs"]
mod source;
#[path = "../examples/stream.rs"]
mod stream;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn embed_runs() -> Outcome {
    embed::main()
}

#[test]
fn functions_run() -> Outcome {
    functions::main()
}

#[test]
fn stream_runs() -> Outcome {
    stream::main()
}

#[test]
fn source_runs() -> Outcome {
    source::main()
}

#[test]
fn lint_runs() -> Outcome {
    lint::main()
}

#[test]
fn service_runs() -> Outcome {
    service::main()
}
