//! Kinds of entities that clients ask for and that there are none of: materialized views, external tables, entity groups, graph
//! models and snapshots. It must not know those that there are.

use kqlite::{Code, ParameterInfo, Table};

use crate::call::{Call, CommandEntry};
use crate::error::CommandError;

const VIEWS: &str = "Name:string, SourceTable:string, Query:string, MaterializedTo:datetime, LastRun:datetime, \
    LastRunResult:string, IsHealthy:bool, IsEnabled:bool, Folder:string, DocString:string, AutoUpdateSchema:bool, \
    EffectiveDateTime:datetime, Lookback:timespan, LookbackColumn:string";
const EXTERNAL: &str = "TableName:string, TableType:string, Folder:string, DocString:string, Properties:string, \
    ConnectionStrings:dynamic, Partitions:dynamic, PathFormat:string";
const GROUPS: &str = "Name:string, Entities:string";

const NAME: &[ParameterInfo] = &[ParameterInfo::required("Name", "The name of one.")];

pub(crate) const ENTRIES: &[CommandEntry] = &[
    CommandEntry {
        name: ".show materialized-views",
        summary: "Shows the materialized views: there are none.",
        syntax: &[".show materialized-views"],
        columns: VIEWS,
        run: none,
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show materialized-view",
        summary: "Says that there is no such materialized view.",
        syntax: &[".show materialized-view Name"],
        parameters: NAME,
        columns: VIEWS,
        run: |call| missing(call, "materialized view"),
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show external tables",
        summary: "Shows the external tables: there are none.",
        syntax: &[".show external tables"],
        columns: EXTERNAL,
        run: none,
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show external table",
        summary: "Says that there is no such external table.",
        syntax: &[".show external table Name"],
        parameters: NAME,
        columns: EXTERNAL,
        run: |call| missing(call, "external table"),
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show graph_models",
        summary: "Shows the models of graphs that are stored: there are none.",
        syntax: &[".show graph_models"],
        columns: "Name:string, CreationTime:datetime, Id:guid",
        run: none,
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show graph_snapshots",
        summary: "Shows the snapshots of graphs: there are none.",
        syntax: &[".show graph_snapshots *", ".show graph_snapshots Name"],
        parameters: &[ParameterInfo::required("Name", "The name of a graph model.")],
        columns: "Name:string, SnapshotTime:datetime, ModelName:string, ModelId:guid, ModelCreationTime:datetime",
        run: |call| match call.reader.accept_sign("*") {
            true => none(call),
            false => missing(call, "graph model"),
        },
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show entity_groups",
        summary: "Shows the entity groups: there are none.",
        syntax: &[".show entity_groups"],
        columns: GROUPS,
        run: none,
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show entity_group",
        summary: "Says that there is no such entity group.",
        syntax: &[".show entity_group Name"],
        parameters: NAME,
        columns: GROUPS,
        run: |call| missing(call, "entity group"),
        ..CommandEntry::SHOW
    },
];

fn none(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    call.reader.end()?;
    Ok(call.rows(Vec::new()))
}

fn missing(call: &mut Call<'_, '_>, what: &str) -> Result<Table, CommandError> {
    let name = call.reader.name("a name")?;
    Err(call.not_there(Code::UnknownName, what, &name, []))
}
