//! Commands and what they give: columns as Microsoft's own binder tells them, results as its pages and reasoning do.

use std::sync::Arc;

use kqlite::{
    Code, Database, DateTime, ExternalData, ExternalRequest, ExternalSource, Options, OutputFormat, Table,
};

use super::{CommandError, Environment, Interpreter, ManagedDatabase, entries, is_command};

/// A database with a table, and what commands make of it.
struct Bench {
    database: ManagedDatabase,
    environment: Environment,
}

impl Bench {
    fn new() -> Self {
        let mut database = Database::new();
        database.declare(
            "Logons",
            kqlite::Schema::new([
                ("User", kqlite::ScalarType::String),
                ("Failures", kqlite::ScalarType::Long),
            ]),
        );
        Self { database: ManagedDatabase::new("Logs", database), environment: Environment::default() }
    }

    /// Runs commands one after the other, and gives what the last one gave.
    fn try_run(&mut self, commands: &[&str]) -> Result<Table, CommandError> {
        let mut last = Table::default();
        for command in commands {
            let options = Options::new(DateTime::parse("2024-06-30T12:00:00Z").unwrap());
            let mut interpreter = Interpreter::new(&self.database, &self.environment, &options);
            last = interpreter.run(command)?;
            if let Some(changed) = interpreter.into_changed() {
                self.database = changed;
            }
        }
        Ok(last)
    }

    #[track_caller]
    fn run(&mut self, commands: &[&str]) -> Table {
        self.try_run(commands).unwrap()
    }

    #[track_caller]
    fn csv(&mut self, commands: &[&str]) -> String {
        self.run(commands).to_text(OutputFormat::Csv)
    }

    /// The rows of a query.
    #[track_caller]
    fn rows(&self, query: &str) -> String {
        let options = Options::new(DateTime::UNIX_EPOCH);
        let query = self.database.database().compile(query).unwrap();
        query.run(self.database.database(), &options).unwrap().to_text(OutputFormat::Csv)
    }

    #[track_caller]
    fn error(&mut self, command: &str) -> String {
        self.try_run(&[command]).unwrap_err().to_string()
    }
}

/// What Microsoft's binder (Kusto.Language) says of the columns, for every command that it knows. Where the service itself was
/// seen to give more columns (`ServiceOffering`, `SuspensionState`), these are added; of graphs it tells none, and its pages do.
const COLUMNS: &str = "\
.show version => BuildVersion:string, BuildTime:datetime, ServiceType:string, ProductVersion:string, ServiceOffering:string
.show cluster => NodeId:string, Address:string, Name:string, StartTime:datetime, IsAdmin:bool, MachineTotalMemory:long, MachineAvailableMemory:long, ProcessorCount:int, EnvironmentDescription:string
.show databases => DatabaseName:string, PersistentStorage:string, Version:string, IsCurrent:bool, DatabaseAccessMode:string, PrettyName:string, ReservedSlot1:bool, DatabaseId:guid, InTransitionTo:string, SuspensionState:string
.show cluster databases => DatabaseName:string, PersistentStorage:string, Version:string, IsCurrent:bool, DatabaseAccessMode:string, PrettyName:string, ReservedSlot1:bool, DatabaseId:guid, InTransitionTo:string, SuspensionState:string
.show databases schema => DatabaseName:string, TableName:string, ColumnName:string, ColumnType:string, IsDefaultTable:bool, IsDefaultColumn:bool, PrettyName:string, Version:string, Folder:string, DocString:string
.show databases schema as json => DatabaseSchema:string
.show databases (['Logs']) schema as json => DatabaseSchema:string
.show databases (Logs) schema => DatabaseName:string, TableName:string, ColumnName:string, ColumnType:string, IsDefaultTable:bool, IsDefaultColumn:bool, PrettyName:string, Version:string, Folder:string, DocString:string
.show databases entities => DatabaseName:string, EntityType:string, EntityName:string, DocString:string, Folder:string, CslInputSchema:string, Content:string, CslOutputSchema:string, Properties:dynamic
.show databases entities with (showObfuscatedStrings=true) => DatabaseName:string, EntityType:string, EntityName:string, DocString:string, Folder:string, CslInputSchema:string, Content:string, CslOutputSchema:string, Properties:dynamic
.show databases identity => DatabaseName:string, PersistentStorage:string, Version:string, IsCurrent:bool, DatabaseAccessMode:string, PrettyName:string, CurrentUserIsUnrestrictedViewer:bool, DatabaseId:guid, InTransitionTo:string
.show database identity => DatabaseName:string, PersistentStorage:string, Version:string, IsCurrent:bool, DatabaseAccessMode:string, PrettyName:string, CurrentUserIsUnrestrictedViewer:bool, DatabaseId:guid, InTransitionTo:string
.show database ['Logs'] schema => DatabaseName:string, TableName:string, ColumnName:string, ColumnType:string, IsDefaultTable:bool, IsDefaultColumn:bool, PrettyName:string, Version:string, Folder:string, DocString:string
.show database Logs schema if_later_than \"v0.1\" => DatabaseName:string, TableName:string, ColumnName:string, ColumnType:string, IsDefaultTable:bool, IsDefaultColumn:bool, PrettyName:string, Version:string, Folder:string, DocString:string
.show database Logs schema as json => DatabaseSchema:string
.show database schema as json => DatabaseSchema:string
.show database cslschema => TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string
.show database schema as csl script => DatabaseSchemaScript:string
.show database Logs principals => Role:string, PrincipalType:string, PrincipalDisplayName:string, PrincipalObjectId:string, PrincipalFQN:string, Notes:string, RoleAssignmentIdentifier:string
.show tables => TableName:string, DatabaseName:string, Folder:string, DocString:string
.show tables (Logons) => TableName:string, DatabaseName:string, Folder:string, DocString:string
.show tables details => TableName:string, DatabaseName:string, Folder:string, DocString:string, TotalExtents:long, TotalExtentSize:real, TotalOriginalSize:real, TotalRowCount:long, HotExtents:long, HotExtentSize:real, HotOriginalSize:real, HotRowCount:long, AuthorizedPrincipals:string, RetentionPolicy:string, CachingPolicy:string, ShardingPolicy:string, MergePolicy:string, StreamingIngestionPolicy:string, IngestionBatchingPolicy:string, MinExtentsCreationTime:datetime, MaxExtentsCreationTime:datetime, RowOrderPolicy:string, TableId:guid
.show table Logons details => TableName:string, DatabaseName:string, Folder:string, DocString:string, TotalExtents:long, TotalExtentSize:real, TotalOriginalSize:real, TotalRowCount:long, HotExtents:long, HotExtentSize:real, HotOriginalSize:real, HotRowCount:long, AuthorizedPrincipals:string, RetentionPolicy:string, CachingPolicy:string, ShardingPolicy:string, MergePolicy:string, StreamingIngestionPolicy:string, IngestionBatchingPolicy:string, MinExtentsCreationTime:datetime, MaxExtentsCreationTime:datetime, RowOrderPolicy:string, TableId:guid
.show table Logons cslschema => TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string
.show table Logons schema as json => TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string
.show functions => Name:string, Parameters:string, Body:string, Folder:string, DocString:string
.show materialized-views => Name:string, SourceTable:string, Query:string, MaterializedTo:datetime, LastRun:datetime, LastRunResult:string, IsHealthy:bool, IsEnabled:bool, Folder:string, DocString:string, AutoUpdateSchema:bool, EffectiveDateTime:datetime, Lookback:timespan, LookbackColumn:string
.show external tables => TableName:string, TableType:string, Folder:string, DocString:string, Properties:string, ConnectionStrings:dynamic, Partitions:dynamic, PathFormat:string
.show queryplan <| Logons => ResultType:string, Format:string, Content:string
.show principal roles => Scope:string, DisplayName:string, AADObjectID:string, Role:string
.show operations => OperationId:guid, Operation:string, NodeId:string, StartedOn:datetime, LastUpdatedOn:datetime, Duration:timespan, State:string, Status:string, RootActivityId:guid, ShouldRetry:bool, Database:string, Principal:string, User:string, AdminEpochStartTime:datetime, VirtualCluster:string
.show operations 12345678-1234-1234-1234-123456789abc => OperationId:guid, Operation:string, NodeId:string, StartedOn:datetime, LastUpdatedOn:datetime, Duration:timespan, State:string, Status:string, RootActivityId:guid, ShouldRetry:bool, Database:string, Principal:string, User:string, AdminEpochStartTime:datetime, VirtualCluster:string
.show capacity => Resource:string, Total:long, Consumed:long, Remaining:long
.show entity_groups => Name:string, Entities:string
.show graph_models => Name:string, CreationTime:datetime, Id:guid
.show graph_snapshots * => Name:string, SnapshotTime:datetime, ModelName:string, ModelId:guid, ModelCreationTime:datetime
.create table T (a:string, b:long) with (docstring='x', folder=\"y\") => TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string
.create-merge table T (c:string) => TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string
.create tables T (a:string), U (b:long) => TableName:string, DatabaseName:string, Folder:string, DocString:string
.create-merge tables T (a:string), U (b:long) => TableName:string, DatabaseName:string, Folder:string, DocString:string
.create function F() { print 1 } => Name:string, Parameters:string, Body:string, Folder:string, DocString:string
.create function ifnotexists F(a:long) { print a } => Name:string, Parameters:string, Body:string, Folder:string, DocString:string
.create-or-alter function with (folder='y') F(a:long = 5, T:(x:long)) { print a } => Name:string, Parameters:string, Body:string, Folder:string, DocString:string
.show function F with (ShowObfuscatedStrings = true) => Name:string, Parameters:string, Body:string, Folder:string, DocString:string
.alter function F() { print 1 } => Name:string, Parameters:string, Body:string, Folder:string, DocString:string
.alter function F docstring 'x' => Name:string, Parameters:string, Body:string, Folder:string, DocString:string
.alter function F folder 'x' => Name:string, Parameters:string, Body:string, Folder:string, DocString:string
.drop function F => Name:string
.drop functions (F) ifexists => Name:string, Parameters:string, Body:string, Folder:string, DocString:string
.rename table T to X => TableName:string, DatabaseName:string, Folder:string, DocString:string
.rename tables T=X => TableName:string, DatabaseName:string, Folder:string, DocString:string
.alter table T (a:string) => TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string
.alter-merge table T (b:string) => TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string
.alter table T docstring \"x\" => TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string
.alter table T folder \"x\" => TableName:string, Schema:string, DatabaseName:string, Folder:string, DocString:string
.alter database Logs prettyname 'x' => DatabaseName:string, PrettyName:string
.clear table T data => Status:string
.set S <| print 1 => ExtentId:guid, OriginalSize:long, ExtentSize:long, ColumnSize:long, IndexSize:long, RowCount:long
.append S with (extend_schema=true) <| print 1, 2 => ExtentId:guid, OriginalSize:long, ExtentSize:long, ColumnSize:long, IndexSize:long, RowCount:long
.set-or-append S <| print 1, 2 => ExtentId:guid, OriginalSize:long, ExtentSize:long, ColumnSize:long, IndexSize:long, RowCount:long
.set-or-replace S with (folder='a') <| print 1, 2 => ExtentId:guid, OriginalSize:long, ExtentSize:long, ColumnSize:long, IndexSize:long, RowCount:long
.drop table S ifexists => TableName:string, DatabaseName:string
.drop tables (T, U) ifexists => TableName:string, DatabaseName:string
.show tables | where TableName startswith \"S\" => TableName:string, DatabaseName:string, Folder:string, DocString:string";

#[test]
fn columns_are_those_that_kusto_has() {
    let mut bench = Bench::new();
    for line in COLUMNS.lines() {
        let (command, expected) = line.split_once(" => ").unwrap();
        let schema = bench.run(&[command]).schema().clone();
        let found: Vec<String> =
            schema.columns.iter().map(|it| format!("{}:{}", it.name, it.data_type)).collect();
        assert_eq!(found.join(", "), expected, "{command}");
    }
}

#[test]
fn entries_are_complete() {
    for entry in entries() {
        assert!(entry.name.starts_with('.'), "{}", entry.name);
        assert!(entry.summary.ends_with('.'), "{}", entry.name);
        assert!(!entry.kind.is_empty() && !entry.schema().is_empty(), "{}", entry.name);
        let columns = entry.columns.split(',').count();
        assert_eq!(entry.schema().len(), columns, "{}: a column has no type", entry.name);
        for line in entry.syntax {
            let words: Vec<&str> = entry.name.split(' ').collect();
            assert!(line.starts_with(words[0]), "{}: {line}", entry.name);
        }
        let written = entry.syntax.join("\n");
        for parameter in entry.parameters {
            assert!(written.contains(parameter.name), "{}: {}", entry.name, parameter.name);
        }
        let same = entries().filter(|it| it.name == entry.name).count();
        assert_eq!(same, 1, "{} is there twice", entry.name);
    }
}

#[test]
fn what_begins_with_a_dot_is_a_command() {
    assert!(is_command("  // c\n .show tables"));
    assert!(!is_command("T | take 1"));
    assert!(!is_command(""));
}

#[test]
fn a_query_follows_a_command() {
    let mut bench = Bench::new();
    bench.run(&[".create table Samples (a: long)", ".create table ['a b'] (['c d']: string)"]);
    let shown =
        bench.csv(&[".show tables | where TableName startswith 'S' | project TableName, DatabaseName"]);
    assert_eq!(shown, "TableName,DatabaseName\nSamples,Logs\n");
    assert_eq!(bench.csv(&[".show tables\n| count"]), "Count\n3\n");
    assert_eq!(bench.csv(&[".show table ['a b'] cslschema | project Schema"]), "Schema\n['c d']:string\n");
    // A mistake is told at its place in the command's text.
    let error = bench.error(".show tables // all\n| where TableNam == 'x'");
    assert!(error.contains("command:2:9"), "{error}");
    assert!(error.contains("2 | | where TableNam == 'x'"), "{error}");
}

#[test]
fn unknown_commands_name_near_ones() {
    let mut bench = Bench::new();
    let error = bench.error(".shw tables");
    assert!(error.contains("the command '.shw tables' is not supported"), "{error}");
    assert!(error.contains("did you mean '.show tables'?"), "{error}");
    assert!(bench.error(".show tabels").contains("did you mean '.show tables'?"));
    assert!(bench.error(".drop everything now").contains("there are: .drop table, .drop tables"));
    let error = bench.error(".purge table T");
    assert!(error.contains("commands begin with: .show, .create"), "{error}");
    let error = bench.try_run(&[".show extents"]).unwrap_err();
    assert!(error.is(Code::Unsupported));
    assert_eq!(error.diagnostics()[0].unsupported.as_deref(), Some(".show extents"));
    assert!(bench.error(".show tables nonsense").contains("expected the end of the command, or '|'"));
    assert!(bench.error("T | take 1").contains("expected a command"));
}

#[test]
fn tables_are_made_changed_and_dropped() {
    let mut bench = Bench::new();
    let made = bench.csv(&[
        ".create table T (a: long, ['b c']: System.String) with (docstring = 'it\\'s', folder = @'x\\y')",
        ".show table T cslschema",
    ]);
    assert_eq!(
        made,
        "TableName,Schema,DatabaseName,Folder,DocString\nT,\"a:long, ['b c']:string\",Logs,x\\y,it's\n"
    );
    // One that is there stays as it is.
    assert_eq!(
        bench.csv(&[".create table T (z: real) | project Schema"]),
        "Schema\n\"a:long, ['b c']:string\"\n"
    );
    bench.run(&[".set-or-append T <| print a = 1, b = 'x'", ".create-merge table T (d: real, a: long)"]);
    assert_eq!(bench.rows("T"), "a,b c,d\n1,x,\n");
    let error = bench.error(".create-merge table T (a: string)");
    assert!(error.contains("the column 'a' of 'T' is of type long, and cannot become string"), "{error}");
    // The order is the one that is named; what is not named is dropped.
    bench.run(&[".alter table T (d: real, a: long, e: bool) with (folder = 'z')"]);
    assert_eq!(bench.rows("T"), "d,a,e\n,1,\n");
    assert_eq!(bench.csv(&[".show tables (T) | project Folder, DocString"]), "Folder,DocString\nz,it's\n");
    bench.run(&[".clear table T data"]);
    assert_eq!(bench.rows("T"), "d,a,e\n");
    let left = bench.csv(&[".drop table T"]);
    assert_eq!(left, "TableName,DatabaseName\nLogons,Logs\n");
    assert!(bench.error(".drop table Logon").contains("did you mean 'Logons'?"));
    assert_eq!(bench.csv(&[".drop tables (T, Logons) ifexists"]), "TableName,DatabaseName\n");
    assert!(bench.error(".create table T (a: long, a: real)").contains("the column 'a' is declared twice"));
    assert!(bench.error(".create table T (a: txt)").contains("expected a type (bool, "));
    assert!(bench.error(".create table T (a: long").contains("expected ',', but found the end"));
    assert!(bench.error(".create table T (a: long) with (foldr='x')").contains("did you mean 'folder'?"));
}

/// Microsoft's page: `.rename tables A=A_TEMP, NEWB=B, A_TEMP=A` lets A and A_TEMP change places.
#[test]
fn tables_change_places() {
    let mut bench = Bench::new();
    bench.run(&[
        ".set A <| print x = 'a'",
        ".set A_TEMP <| print x = 'temp'",
        ".set B <| print x = 'b'",
        ".rename tables A=A_TEMP, NEWB=B, A_TEMP=A",
    ]);
    assert_eq!(bench.rows("A"), "x\ntemp\n");
    assert_eq!(bench.rows("union A_TEMP, NEWB"), "x\na\nb\n");
    assert!(bench.error(".rename table A to NEWB").contains("there is a table 'NEWB' already"));
    assert!(bench.error(".rename tables X=A, X=NEWB").contains("there is a table 'X' already"));
    assert!(bench.error(".rename tables X=A, Y=A").contains("'A' is given two names"));
    assert_eq!(bench.rows("A"), "x\ntemp\n");
    bench.run(&[".rename tables TempTable=Table ifexists, Table=A"]);
    assert_eq!(bench.rows("['Table']"), "x\ntemp\n");
}

#[test]
fn functions_are_stored_and_shown() {
    let mut bench = Bench::new();
    let shown = bench.csv(&[
        ".create-or-alter function with (folder='f', docstring=\"d\") Top(n: long = 2) { // }\n  Logons | take n }",
        ".show functions",
    ]);
    assert_eq!(
        shown,
        "Name,Parameters,Body,Folder,DocString\nTop,(n: long = 2),\"{ // }\n  Logons | take n }\",f,d\n"
    );
    bench.run(&[".set-or-append Logons <| print User = 'ann', Failures = 9"]);
    assert_eq!(bench.rows("Top(1)"), "User,Failures\nann,9\n");
    assert!(bench.error(".create function Top() { print 1 }").contains("there is a function 'Top' already"));
    bench.run(&[".create function ifnotexists Top() { print 1 }"]);
    assert_eq!(bench.rows("Top(1)"), "User,Failures\nann,9\n");
    let error = bench.error(".create function Broken()\n{ Logons | where Usr == 'x' }");
    assert!(error.contains("command:2:18"), "{error}");
    bench.run(&[".create function with (skipvalidation='true') Late() { NotYet | count }"]);
    assert!(bench.error(".alter function Missing() { print 1 }").contains("there is no function 'Missing'"));
    bench.run(&[".alter function Top folder 'g'", ".drop functions (Late, Other) ifexists"]);
    assert_eq!(bench.csv(&[".show functions | project Name, Folder"]), "Name,Folder\nTop,g\n");
    // A view is among the tables that a pattern stands for.
    bench.run(&[".create function with (view=true) Seen() { Logons | project User }"]);
    assert_eq!(bench.rows("union withsource=S Se* | project S, User"), "S,User\nSeen,ann\n");
    assert!(
        bench
            .error(".create function F(a: long { print 1 }")
            .contains("the list of parameters is not closed")
    );
    assert!(bench.error(".create function F { print 1 }").contains("expected '(' and the parameters"));
}

#[test]
fn schemas_are_shown_in_every_form() {
    let mut bench = Bench::new();
    bench.run(&[".create function F(n: int = 3) { print n }", ".create table ['a b'] (x: decimal)"]);
    let shown = bench
        .csv(&[".show database Logs schema | where TableName == 'Logons' | project ColumnName, ColumnType"]);
    assert_eq!(shown, "ColumnName,ColumnType\n,\nUser,System.String\nFailures,System.Int64\n");
    let json = bench.run(&[".show schema as json"]).get::<String>(0, "DatabaseSchema").unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let logs = &json["Databases"]["Logs"];
    assert_eq!(logs["Tables"]["Logons"]["OrderedColumns"][1]["Type"], "System.Int64");
    assert_eq!(logs["Tables"]["Logons"]["OrderedColumns"][1]["CslType"], "long");
    assert_eq!(logs["Functions"]["F"]["InputParameters"][0]["CslDefaultValue"], "3");
    assert_eq!(logs["Functions"]["F"]["Body"], "{ print n }");
    assert_eq!(logs["MinorVersion"], 2);
    // The script makes the same database again.
    let script =
        bench.run(&[".show database schema as csl script"]).get::<String>(0, "DatabaseSchemaScript").unwrap();
    let mut other = Bench { database: ManagedDatabase::new("Other", Database::new()), ..Bench::new() };
    let done = other.csv(&[&format!(".execute database script with (ThrowOnErrors=true) <| {script}")]);
    assert_eq!(done.lines().count(), 4, "{done}");
    for shown in [".show database cslschema | project-away DatabaseName", ".show functions"] {
        assert_eq!(other.csv(&[shown]), bench.csv(&[shown]));
    }
    assert!(bench.error(".show database Lgs schema").contains("did you mean 'Logs'?"));
    assert_eq!(bench.csv(&[".show database Logs schema if_later_than 'v1.2' | count"]), "Count\n0\n");
    assert!(bench.error(".show database schema if_later_than 'two'").contains("'two' is no version"));
}

#[test]
fn rows_are_set_appended_and_replaced() {
    let mut bench = Bench::new();
    let count = bench.csv(&[".set S <| range x from 1 to 3 step 1"]);
    assert!(count.ends_with(",0,3\n"), "{count}");
    assert!(bench.error(".set S <| print 1").contains("there is a table 'S' already"));
    // Columns are matched by their places, whatever they are called.
    bench.run(&[".append S <| print other = 4"]);
    assert_eq!(bench.rows("S | summarize sum(x)"), "sum_x\n10\n");
    let error = bench.error(".append S <| print 'text'");
    assert!(error.contains("column 1 is 'x' of type long, in the rows 'print_0' of type string"), "{error}");
    assert!(bench.error(".append S <| print 1, 2").contains("extend_schema=true adds columns"));
    bench.run(&[".append S with (extend_schema=true) <| print 5, y = 'b'"]);
    assert_eq!(
        bench.rows("S | summarize take_any(y), count() by isempty(y) | project count_"),
        "count_\n4\n1\n"
    );
    bench.run(&[".set-or-replace S <| print 7, 'c'"]);
    assert_eq!(bench.rows("S"), "x,y\n7,c\n");
    bench.run(&[".set-or-replace S with (recreate_schema=true, docstring='new') <| print z = true"]);
    assert_eq!(bench.rows("S"), "z\ntrue\n");
    bench.run(&[".set Names <| .show tables | project TableName"]);
    assert_eq!(bench.rows("Names"), "TableName\nLogons\nS\n");
    assert!(bench.error(".append Missing <| print 1").contains("there is no table 'Missing'"));
    assert!(bench.error(".set async T <| print 1").contains("leave out 'async'"));
    assert!(bench.error(".set T <| search 'x' in (Names)").contains("'$table'"));
    assert!(bench.error(".set T <| .drop table S").contains("only .show does"));
    let error = bench.error(".set T <|\nS | where q > 1");
    assert!(error.contains("command:2:11"), "{error}");
    assert!(bench.error(".set T print 1").contains("expected '<|' and a query"));
    assert_eq!(bench.csv(&[".show tables | count"]), "Count\n3\n");
}

#[test]
fn rows_in_commands_are_ingested() {
    let mut bench = Bench::new();
    bench.run(&[
        ".create table Purchases (SKU: string, Quantity: long)",
        ".ingest inline into table Purchases <|\nShoes,1000\n\"Coats, \"\"black\"\"\",x\n// no comment,",
    ]);
    // What is no number is null, and nothing in the data is a comment.
    assert_eq!(
        bench.rows("Purchases"),
        "SKU,Quantity\nShoes,1000\n\"Coats, \"\"black\"\"\",\n// no comment,\n"
    );
    bench.run(&[
        ".clear table Purchases data",
        ".ingest inline into table Purchases with (format='json') <| {\"Quantity\": 5, \"SKU\": \"a\"}",
        ".ingest inline into table Purchases with (format=tsv, ignoreFirstRecord=true) <|\nh1\th2\nb\t6\n",
        // Microsoft's page has rows in brackets too.
        ".ingest inline into table Purchases [c,7] [\"d]\",8]",
    ]);
    assert_eq!(bench.rows("Purchases"), "SKU,Quantity\na,5\nb,6\nc,7\nd],8\n");
    assert!(
        bench
            .error(".ingest inline into table Purchases with (format='avro') <| x")
            .contains("the format 'avro' is not known")
    );
    let error = bench.error(".ingest inline into table Purchases with (ingestionMapping='[]') <| x");
    assert!(error.contains("the property 'ingestionMapping' is not supported"), "{error}");
    assert!(
        bench
            .error(".ingest inline into table Purchases with (format='json') <| [1]")
            .contains("is no JSON object")
    );
    assert!(bench.error(".ingest into table Purchases (@'a.csv')").contains("no files are read here"));
    assert!(bench.error(".ingest async into table Purchases (@'a.csv')").contains("leave out 'async'"));
}

/// Files that a caller has.
struct Folder;

impl ExternalSource for Folder {
    fn open(&self, request: &ExternalRequest<'_>) -> Result<Option<ExternalData>, String> {
        match request.location {
            "a.csv" => Ok(Some(ExternalData::Bytes(Arc::from(&b"ann,1\n"[..])))),
            "b.tsv" => Ok(Some(ExternalData::Bytes(Arc::from(&b"bob\t2\n"[..])))),
            other => Err(format!("there is no file {other}")),
        }
    }
}

#[test]
fn files_are_ingested_where_the_caller_has_them() {
    let mut bench = Bench::new();
    bench.environment.files = Some(Arc::new(Folder));
    let report = bench.csv(&[".ingest into table Logons ('a.csv', 'b.tsv') | project ItemLoaded, HasErrors"]);
    assert_eq!(report, "ItemLoaded,HasErrors\na.csv,false\nb.tsv,false\n");
    assert_eq!(bench.rows("Logons"), "User,Failures\nann,1\nbob,2\n");
    // All files or none.
    assert!(bench.error(".ingest into table Logons ('a.csv', 'c.csv')").contains("there is no file c.csv"));
    assert_eq!(bench.rows("Logons | count"), "Count\n2\n");
}

#[test]
fn bytes_are_ingested() {
    let bench = Bench::new();
    let options = Options::new(DateTime::UNIX_EPOCH);
    let mut interpreter = Interpreter::new(&bench.database, &bench.environment, &options);
    let csv = kqlite::ExternalFormat::of_name("csv").unwrap();
    assert_eq!(interpreter.ingest("Logons", csv, &b"ann,1\nbob,2\n"[..]).unwrap(), 2);
    assert!(interpreter.ingest("Missing", csv, &b""[..]).unwrap_err().is(Code::UnknownTable));
}

#[test]
fn scripts_run_command_by_command() {
    let mut bench = Bench::new();
    let script = "//\n.create-merge table T (a: string)\n//\n.alter-merge table U (a: string)\n.show tables\n\
        .create-or-alter function F() {\n  T\n  | take 1\n}\n";
    let report = bench.csv(&[&format!(".execute database script with (ContinueOnErrors=true) <| {script}")]);
    let short: Vec<String> = report
        .lines()
        .filter(|line| line.contains("Completed") || line.contains("Failed") || line.contains("Skipped"))
        .map(str::to_owned)
        .collect();
    assert_eq!(short.len(), 4, "{report}");
    assert!(short[0].contains("TableCreate,.create-merge table T (a: string),Completed"), "{report}");
    assert!(short[1].contains("Failed,there is no table 'U'"), "{report}");
    assert!(short[2].contains(".show tables,Skipped"), "{report}");
    assert_eq!(bench.rows("F()"), "a\n");
    // Without going on, what comes behind a mistake is not run.
    let report =
        bench.csv(&[".execute database script <|\n.drop table T\n.drop table T\n.drop table Logons"]);
    assert_eq!(report.lines().count(), 3, "{report}");
    assert_eq!(bench.csv(&[".show tables | count"]), "Count\n1\n");
    // With ThrowOnErrors nothing stays.
    let error = bench
        .error(".execute database script with (ThrowOnErrors=true) <|\n.drop table Logons\n.drop table X");
    assert!(error.contains("there is no table 'X'"), "{error}");
    assert_eq!(bench.csv(&[".show tables | count"]), "Count\n1\n");
}

#[test]
fn limits_of_queries_hold_in_commands() {
    let bench = Bench::new();
    let limits = kqlite::Limits { rows: 10, ..kqlite::Limits::default() };
    let options = Options::new(DateTime::UNIX_EPOCH).limits(limits);
    let mut interpreter = Interpreter::new(&bench.database, &bench.environment, &options);
    let error = interpreter.run(".set T <| range x from 1 to 100 step 1").unwrap_err();
    assert!(error.is(Code::RowLimit));
    assert!(interpreter.into_changed().is_none(), "a command that fails has changed nothing");
}

/// Texts that are nearly commands: cut off, with a character too few, or with odd ones in them.
#[test]
fn broken_commands_are_errors_or_run() {
    let bench = Bench::new();
    let options = Options::new(DateTime::UNIX_EPOCH);
    let mut ran = 0;
    for line in COLUMNS.lines() {
        let (command, _) = line.split_once(" => ").unwrap();
        let ends: Vec<usize> = command.char_indices().map(|(at, _)| at).collect();
        for &at in &ends {
            let (head, tail) = command.split_at(at);
            let without = tail.chars().next().map_or(0, char::len_utf8);
            for text in [
                head.to_owned(),
                format!("{head}{}", &tail[without..]),
                format!("{head}é😀\u{feff}{tail}"),
                format!("{head}\"{tail}"),
                format!("{head}('{tail}"),
                format!("{head} | {tail}"),
            ] {
                let mut interpreter = Interpreter::new(&bench.database, &bench.environment, &options);
                match interpreter.run(&text) {
                    Ok(_) => ran += 1,
                    Err(error) => {
                        assert!(!error.diagnostics().is_empty(), "{text}");
                        // A place that is not in the text could not be drawn.
                        assert!(!error.to_string().is_empty(), "{text}");
                    }
                }
            }
        }
    }
    assert!(ran > 100, "only {ran} of them ran: the test tries something else than it says");
}

#[test]
fn long_commands_end() {
    let mut bench = Bench::new();
    let many = |count: usize, of: &dyn Fn(usize) -> String| (0..count).map(of).collect::<Vec<_>>().join(", ");
    let columns = many(10_001, &|at| format!("c{at}: long"));
    assert!(bench.error(&format!(".create table T ({columns})")).contains("at most 10000 columns"));
    let columns = many(10_000, &|at| format!("c{at}: long"));
    bench.run(&[&format!(".create table T ({columns})"), &format!(".create-merge table T ({columns})")]);
    let paths = many(1001, &|at| format!("'{at}'"));
    assert!(bench.error(&format!(".ingest into table Logons ({paths})")).contains("at most 1000 things"));
    let names = many(1001, &|at| format!("T{at}"));
    assert!(bench.error(&format!(".drop tables ({names}) ifexists")).contains("at most 1000 things"));
    let comment = "// c\n".repeat(500_000);
    assert_eq!(bench.csv(&[&format!("{comment}.show tables | count")]), "Count\n2\n");
    let open = "{ \"\n".repeat(50_000);
    let report =
        bench.csv(&[&format!(".execute database script <|\n.ingest inline into table Logons <|\n{open}")]);
    assert!(report.contains("Completed"), "{}", &report[..200]);
    let brackets = "(".repeat(200_000);
    assert!(bench.error(&format!(".create function F{brackets}")).contains("is not closed"));
}
