//! Plugins that will not run here, with the reason and what to do in their place. It must not know the others.

use crate::reference::Refusal;

pub(super) const REFUSALS: &[Refusal] = &[
    Refusal {
        names: &[
            "sql_request",
            "mysql_request",
            "postgresql_request",
            "cosmosdb_sql_request",
            "dax_request",
            "azure_digital_twins_query_request",
        ],
        reason: "it asks a database server over the network, and the engine opens no connections",
        instead: "save what the server gives as CSV, JSON or Parquet, and load that as a table",
    },
    Refusal {
        names: &["http_request", "http_request_post"],
        reason: "it asks a web server, and the engine opens no connections",
        instead: "fetch the address before, save its answer as JSON, and load that as a table",
    },
    Refusal {
        names: &["execute_query", "execute_show_command"],
        reason: "it asks a cluster over the network, and the engine opens no connections",
        instead: "run the query there, and load its result as a table",
    },
    Refusal {
        names: &["python", "r", "csharp"],
        reason: "it runs a program in a sandbox of the service, and the engine has no interpreter",
        instead: "write it as KQL, or give the program a function of your own: ScalarUdf and AggregateUdf",
    },
    Refusal {
        names: &["ai_chat_completion", "ai_chat_completion_prompt", "ai_embeddings", "ai_embed_text"],
        reason: "it asks a language model over the network, and the engine opens no connections",
        instead: "ask the model before, and load its answers as a table to join with",
    },
    Refusal {
        names: &["infer_storage_schema", "infer_storage_schema_with_suggestions"],
        reason: "it reads files of a storage account, and the engine opens no connections",
        instead: "load the files: their columns and types are inferred, and getschema shows them",
    },
    Refusal {
        names: &["external_datatable"],
        reason: "its rows come from the service's client beside the query",
        instead: "load them as a table, or write them into the query with datatable",
    },
    Refusal {
        names: &["estimate_rows_count"],
        reason: "it gives what the service's planner expects, not what is there",
        instead: "count the rows: T | count",
    },
    Refusal {
        names: &["identity_v3"],
        reason: "it is for tests of the service itself, and no page says what it does",
        instead: "leave it out: identity() gives the rows as they are",
    },
    Refusal {
        names: &["funnel_sequence"],
        reason: "Microsoft does not say which rows before and after a sequence it counts, nor which may stand within it",
        instead: "sequence_detect finds rows that follow one another, funnel_sequence_completion counts who gets how far",
    },
];
