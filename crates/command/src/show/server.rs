//! `.show version`, `.show cluster`, `.show capacity`, `.show operations`, `.show principal roles`: what is known of the server
//! itself. It must not know databases.

use kqlite::{ParameterInfo, Value};

use crate::call::{Call, CommandEntry};
use crate::error::CommandError;

pub(crate) const ENTRIES: &[CommandEntry] = &[
    CommandEntry {
        name: ".show version",
        summary: "Shows which program answers, and its version.",
        syntax: &[".show version"],
        remarks: &["ServiceType is Engine, as clients expect; ProductVersion begins with kqlite."],
        columns: "BuildVersion:string, BuildTime:datetime, ServiceType:string, ProductVersion:string, ServiceOffering:string",
        run: |call| {
            call.reader.end()?;
            let version = call.environment().version.clone();
            let product = format!("kqlite {version}");
            Ok(call.rows(vec![vec![
                Value::String(version.into()),
                Value::Null,
                "Engine".into(),
                Value::String(product.into()),
                Value::String(r#"{"Type":"kqlite"}"#.into()),
            ]]))
        },
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show cluster",
        summary: "Shows the nodes of the cluster: the one that answers.",
        syntax: &[".show cluster"],
        remarks: &["The memory of the machine is not told."],
        columns: "NodeId:string, Address:string, Name:string, StartTime:datetime, IsAdmin:bool, MachineTotalMemory:long, \
            MachineAvailableMemory:long, ProcessorCount:int, EnvironmentDescription:string",
        run: |call| {
            call.reader.end()?;
            let environment = call.environment();
            let row = vec![
                "kqlite_0".into(),
                Value::String(environment.address.as_str().into()),
                "kqlite_0".into(),
                Value::DateTime(environment.started),
                Value::Bool(true),
                Value::Null,
                Value::Null,
                Value::Null,
                "".into(),
            ];
            Ok(call.rows(vec![row]))
        },
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show capacity",
        summary: "Shows how many queries may run at once, and how many do.",
        syntax: &[".show capacity [queries]"],
        columns: "Resource:string, Total:long, Consumed:long, Remaining:long",
        run: |call| {
            call.reader.accept("queries");
            call.reader.end()?;
            let capacity = call.environment().capacity;
            let remaining = capacity.total.saturating_sub(capacity.consumed);
            let number = |count: usize| Value::Long(i64::try_from(count).unwrap_or(i64::MAX));
            let row =
                vec!["Queries".into(), number(capacity.total), number(capacity.consumed), number(remaining)];
            Ok(call.rows(vec![row]))
        },
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show operations",
        summary: "Shows commands that run in the background: there are none.",
        syntax: &[".show operations [OperationId]", ".show operations (OperationId, …)"],
        parameters: &[ParameterInfo::optional("OperationId", "The id of an operation, a guid.")],
        remarks: &["Commands with async are refused, so that no command goes on when its answer was given."],
        columns: "OperationId:guid, Operation:string, NodeId:string, StartedOn:datetime, LastUpdatedOn:datetime, \
            Duration:timespan, State:string, Status:string, RootActivityId:guid, ShouldRetry:bool, Database:string, \
            Principal:string, User:string, AdminEpochStartTime:datetime, VirtualCluster:string",
        run: operations,
        ..CommandEntry::SHOW
    },
    CommandEntry {
        name: ".show principal roles",
        summary: "Shows what who asks may do: everything that the server allows.",
        syntax: &[".show principal roles"],
        remarks: &["There are no principals: who has the address, and the token if there is one, may ask."],
        columns: "Scope:string, DisplayName:string, AADObjectID:string, Role:string",
        run: |call| {
            call.reader.end()?;
            let row = ["Cluster", "anonymous", "", "AllDatabasesAdmin"];
            Ok(call.rows(vec![row.map(Value::from).to_vec()]))
        },
        ..CommandEntry::SHOW
    },
];

fn operations(call: &mut Call<'_, '_>) -> Result<kqlite::Table, CommandError> {
    if call.reader.is_at("(") {
        call.reader.ids()?;
    } else if !call.reader.is_at_end() {
        call.reader.id()?;
    }
    call.reader.end()?;
    Ok(call.rows(Vec::new()))
}
