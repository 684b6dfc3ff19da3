//! The functions that rules of Defender XDR and Sentinel call and that the language itself does not have: `FileProfile` and its
//! kin, watchlists, the parsers of ASIM. Each reads a table that the user gives; where there is none, a query that calls it can
//! be checked, and a run says how to give it. It must not know files and tests.

use std::collections::BTreeSet;

use kqlite::{
    ColumnSchema, Database, ScalarType, ScanRequest, Schema, Table, TableParts, TableSource, Value,
};

use crate::schema_of;

/// A function over a table of its own name.
struct Helper {
    name: &'static str,
    /// Whether it is told columns by their names.
    over_columns: bool,
    /// The columns of the table.
    columns: &'static [(&'static str, ScalarType)],
    /// Parameters and body.
    text: &'static str,
}

const HELPERS: [Helper; 4] = [
    Helper {
        name: "FileProfile",
        over_columns: true,
        columns: &[
            ("SHA1", ScalarType::String),
            ("SHA256", ScalarType::String),
            ("MD5", ScalarType::String),
            ("FileSize", ScalarType::Long),
            ("GlobalPrevalence", ScalarType::Long),
            ("GlobalFirstSeen", ScalarType::DateTime),
            ("GlobalLastSeen", ScalarType::DateTime),
            ("Signer", ScalarType::String),
            ("Issuer", ScalarType::String),
            ("SignerHash", ScalarType::String),
            ("IsCertificateValid", ScalarType::Bool),
            ("IsRootSignerMicrosoft", ScalarType::Bool),
            ("SignatureState", ScalarType::String),
            ("IsExecutable", ScalarType::Bool),
            ("ThreatName", ScalarType::String),
            ("Publisher", ScalarType::String),
            ("SoftwareName", ScalarType::String),
            ("ProfileAvailability", ScalarType::String),
        ],
        // Hashes that no profile has stay as they are.
        text: "(Rows: (*), x: string = 'SHA1', y: long = 100) {
            union Rows, (datatable (SHA1: string, SHA256: string, MD5: string, FileSize: long, GlobalPrevalence: long,
                GlobalFirstSeen: datetime, GlobalLastSeen: datetime, Signer: string, Issuer: string, SignerHash: string,
                IsCertificateValid: bool, IsRootSignerMicrosoft: bool, SignatureState: string, IsExecutable: bool,
                ThreatName: string, Publisher: string, SoftwareName: string, ProfileAvailability: string) [])
            | extend _FileProfileKey = tolower(tostring(column_ifexists(x, ''))), _FileProfileSha1 = SHA1,
                _FileProfileSha256 = SHA256, _FileProfileMd5 = MD5, _FileProfileSize = FileSize
            | project-away SHA1, SHA256, MD5, FileSize, GlobalPrevalence, GlobalFirstSeen, GlobalLastSeen, Signer, Issuer,
                SignerHash, IsCertificateValid, IsRootSignerMicrosoft, SignatureState, IsExecutable, ThreatName, Publisher,
                SoftwareName, ProfileAvailability
            | lookup kind=leftouter (
                FileProfile
                | project SHA1, SHA256, MD5, FileSize, GlobalPrevalence, GlobalFirstSeen, GlobalLastSeen, Signer, Issuer,
                    SignerHash, IsCertificateValid, IsRootSignerMicrosoft, SignatureState, IsExecutable, ThreatName, Publisher,
                    SoftwareName, ProfileAvailability
                | mv-expand _FileProfileKey = pack_array(tolower(SHA1), tolower(SHA256), tolower(MD5)) to typeof(string)
                | where isnotempty(_FileProfileKey)
                | summarize take_any(*) by _FileProfileKey
            ) on _FileProfileKey
            | extend SHA1 = coalesce(SHA1, _FileProfileSha1), SHA256 = coalesce(SHA256, _FileProfileSha256),
                MD5 = coalesce(MD5, _FileProfileMd5), FileSize = coalesce(FileSize, _FileProfileSize)
            | project-away _FileProfileKey, _FileProfileSha1, _FileProfileSha256, _FileProfileMd5, _FileProfileSize
        }",
    },
    Helper {
        name: "DeviceFromIP",
        over_columns: true,
        columns: &[
            ("IPAddress", ScalarType::String),
            ("DeviceId", ScalarType::String),
            ("DeviceName", ScalarType::String),
        ],
        text: "(Rows: (*), x: string = 'IPAddress', y: datetime = datetime(null)) {
            union Rows, (datatable (DeviceId: string, DeviceName: string, IPAddress: string) [])
            | extend _DeviceFromIPKey = tostring(column_ifexists(x, ''))
            | project-away DeviceId, DeviceName, IPAddress
            | lookup kind=leftouter (
                DeviceFromIP
                | summarize take_any(DeviceId, DeviceName) by _DeviceFromIPKey = IPAddress
            ) on _DeviceFromIPKey
            | extend IPAddress = _DeviceFromIPKey
            | project-away _DeviceFromIPKey
        }",
    },
    Helper {
        name: "SeenBy",
        over_columns: true,
        columns: &[("DeviceId", ScalarType::String), ("SeenBy", ScalarType::Dynamic)],
        text: "(Rows: (*), x: string = 'DeviceId') {
            union Rows, (datatable (SeenBy: dynamic) [])
            | extend _SeenByKey = tostring(column_ifexists(x, ''))
            | project-away SeenBy
            | lookup kind=leftouter (SeenBy | summarize take_any(SeenBy) by _SeenByKey = DeviceId) on _SeenByKey
            | project-away _SeenByKey
        }",
    },
    Helper {
        name: "AssignedIPAddresses",
        over_columns: false,
        columns: &[
            ("DeviceId", ScalarType::String),
            ("DeviceName", ScalarType::String),
            ("Timestamp", ScalarType::DateTime),
            ("IPAddress", ScalarType::String),
            ("IPType", ScalarType::String),
            ("NetworkAdapterType", ScalarType::String),
            ("ConnectedNetworks", ScalarType::Dynamic),
        ],
        text: "(x: string, y: datetime = datetime(null)) {
            AssignedIPAddresses
            | where (DeviceId =~ x or DeviceName =~ x) and (isnull(y) or Timestamp <= y)
            | project Timestamp, IPAddress, IPType, NetworkAdapterType, ConnectedNetworks
        }",
    },
];

/// Sentinel's function for watchlists.
const WATCHLIST: &str = "_GetWatchlist";
/// And the one that lists them.
const WATCHLIST_NAMES: &str = "_GetWatchlistAlias";

/// Each watchlist is a table that is called as it is read: `_GetWatchlist('name')`.
const WATCHLIST_TEXT: &str = "(watchlistAlias: string, keys: dynamic = dynamic([])) {
    table(strcat(\"_GetWatchlist('\", watchlistAlias, \"')\"))
    | where array_length(keys) == 0 or SearchKey in (keys)
}";

/// The table behind a watchlist.
#[must_use]
pub fn watchlist_table(alias: &str) -> String {
    format!("_GetWatchlist('{alias}')")
}

/// The columns of the table of a name that a helper reads, such as `FileProfile`; `None` for any other name.
#[must_use]
pub fn helper_schema(table: &str) -> Option<Schema> {
    let helper = HELPERS.iter().find(|it| it.name == table)?;
    Some(Schema::new(helper.columns.iter().copied()))
}

/// Whether a word of a query may be the name of a helper.
#[must_use]
pub fn is_helper(word: &str) -> bool {
    HELPERS.iter().any(|it| it.name == word)
        || word == WATCHLIST
        || word == WATCHLIST_NAMES
        || is_parser(word)
}

/// Adds the helpers that are among the words of a query and of its functions. Tables and functions that the user gives under
/// their names are to be added to the database before and after this, in that order.
///
/// ```
/// use kqlite::{Database, DateTime, Options, Table};
/// let mut db = Database::new();
/// let profiles = serde_json::json!([{"SHA1": "aa", "GlobalPrevalence": 3}]);
/// db.insert("FileProfile", Table::from_json_rows(profiles.as_array().unwrap())?);
/// # let profiles = db.table("FileProfile").cloned().unwrap();
/// # db.insert("FileProfile", kqlite_detect::as_helper_table("FileProfile", &profiles).unwrap());
/// kqlite_detect::add_helpers(&mut db, ["FileProfile"]);
/// let query = db.compile("print SHA1 = 'AA' | invoke FileProfile(SHA1) | project GlobalPrevalence")?;
/// let answer = query.run(&db, &Options::new(DateTime::UNIX_EPOCH))?;
/// assert_eq!(answer.value(0, "GlobalPrevalence"), Some(3_i64.into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn add_helpers<'w>(database: &mut Database, words: impl IntoIterator<Item = &'w str>) {
    let words: BTreeSet<&str> = words.into_iter().collect();
    for helper in HELPERS.iter().filter(|it| words.contains(it.name)) {
        let is_given = database.has_table(helper.name);
        if !is_given {
            database.add_source(helper.name, Missing { helper });
        }
        // The texts above are declarations.
        let _ = match helper.over_columns {
            true => database.define_over_columns(helper.name, helper.text),
            false => database.define(helper.name, helper.text),
        };
    }
    if words.contains(WATCHLIST) {
        let help = "give it: 'watchlists' in a test, or --watchlist NAME=FILE on the command line";
        database.announce(WATCHLIST, watchlist_columns(), true, help);
    }
    if words.contains(WATCHLIST_NAMES) {
        let columns = Schema::new([("WatchlistAlias", ScalarType::String)]);
        database.announce(WATCHLIST_NAMES, columns, false, "give watchlists: --watchlist NAME=FILE");
    }
    for parser in words.into_iter().filter(|word| is_parser(word)) {
        if database.has_table(parser) {
            // Its rows are there, and normalized: of what such a parser filters by, the time is known.
            let text = format!(
                "(starttime: datetime = datetime(null), endtime: datetime = datetime(null), pack: bool = false) {{
                    {parser}
                    | where (isnull(starttime) or column_ifexists('TimeGenerated', starttime) >= starttime)
                        and (isnull(endtime) or column_ifexists('TimeGenerated', endtime) <= endtime)
                }}"
            );
            let _ = database.define(parser, &text);
            continue;
        }
        let help = format!(
            "give the parser '{parser}': as a function ('functions' in a test, --functions FILE on the command line), or its rows \
             as a table of that name"
        );
        database.announce(parser, Schema::default(), true, help);
    }
}

/// Adds watchlists that are tables of the database already, see [`watchlist_table`].
pub fn add_watchlists<'n>(database: &mut Database, names: impl IntoIterator<Item = &'n str>) {
    let names: Vec<Vec<Value>> = names.into_iter().map(|name| vec![Value::from(name)]).collect();
    let listed = Table::from_rows(Schema::new([("WatchlistAlias", ScalarType::String)]), names);
    database.insert("_GetWatchlistAlias()", listed);
    // The texts are declarations.
    let _ = database.define(WATCHLIST, WATCHLIST_TEXT);
    let _ = database.define(WATCHLIST_NAMES, "() { table('_GetWatchlistAlias()') }");
}

/// The columns that every watchlist has.
fn watchlist_columns() -> Schema {
    Schema::new([
        ("_DTItemId", ScalarType::String),
        ("LastUpdatedTimeUTC", ScalarType::DateTime),
        ("SearchKey", ScalarType::String),
        ("WatchlistItem", ScalarType::Dynamic),
    ])
}

/// Rows of texts as a watchlist: with the columns that every watchlist has. Rows without a column `SearchKey` are found by
/// their first column.
#[must_use]
pub fn as_watchlist(rows: &Table) -> Table {
    let mut table = rows.clone();
    let first = rows.schema().columns.first().map(|it| it.name.clone());
    if table.schema().position("SearchKey").is_none()
        && let Some(key) = first.and_then(|first| rows.column(&first)).cloned()
    {
        let own = table.schema().names().map(Into::into).zip(table.columns().iter().cloned());
        let columns: Vec<(std::sync::Arc<str>, _)> =
            std::iter::once(("SearchKey".into(), key)).chain(own).collect();
        table = Table::new(columns).unwrap_or(table);
    }
    for ColumnSchema { name, data_type } in watchlist_columns().columns {
        table = table.with_missing_column(&name, data_type);
    }
    table
}

/// Rows as the table that a helper reads: its columns, of their types.
#[must_use]
pub fn as_helper_table(name: &str, rows: &Table) -> Option<Table> {
    let schema = helper_schema(name)?;
    let columns = schema.columns.iter().map(|it| {
        let column = match rows.column(&it.name) {
            Some(column) => column.convert(it.data_type),
            None => kqlite::Column::nulls(it.data_type, rows.len()),
        };
        (it.name.clone(), column)
    });
    Table::new(columns.collect()).ok()
}

/// The name is one of a parser of ASIM: `_Im_Dns`, `_ASim_Dns`, `imDns`, `ASimDns`, `vimDnsEmpty`.
fn is_parser(word: &str) -> bool {
    let is_capital = |rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase());
    ["_Im_", "_ASim_"].iter().any(|prefix| word.starts_with(prefix))
        || (["im", "vim", "ASim"].iter().any(|prefix| word.strip_prefix(prefix).is_some_and(is_capital))
            && schema_of(word).is_none())
}

/// A table that a helper reads and nobody gave.
struct Missing {
    helper: &'static Helper,
}

impl TableSource for Missing {
    fn schema(&self) -> Schema {
        Schema::new(self.helper.columns.iter().copied())
    }

    fn scan<'a>(&'a self, _: ScanRequest<'a>) -> Result<TableParts<'a>, String> {
        let name = self.helper.name;
        Err(format!(
            "no rows are given for the function '{name}'; give a table '{name}': 'tables' in a test, or --data {name}=FILE on \
             the command line"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kqlite::{DateTime, Options, OutputFormat};

    fn run(database: &Database, query: &str) -> Result<String, String> {
        let now = DateTime::parse("2024-06-30T12:00:00Z").unwrap_or(DateTime::UNIX_EPOCH);
        let answer = database.compile(query).and_then(|it| it.run(database, &Options::new(now)));
        answer.map(|it| it.to_text(OutputFormat::NdJson)).map_err(|it| it.to_string())
    }

    fn given(name: &str, rows: serde_json::Value) -> Database {
        let mut database = Database::new();
        let rows = Table::from_json_rows(rows.as_array().unwrap()).unwrap();
        database.insert(name, as_helper_table(name, &rows).unwrap());
        add_helpers(&mut database, [name]);
        database
    }

    #[test]
    fn every_helper_is_a_declaration() {
        for helper in &HELPERS {
            let mut database = Database::new();
            database.define(helper.name, helper.text).unwrap();
        }
        Database::new().define(WATCHLIST, WATCHLIST_TEXT).unwrap();
    }

    #[test]
    fn profiles_are_found_by_any_hash() {
        let db = given(
            "FileProfile",
            serde_json::json!([
                {"SHA1": "AA", "SHA256": "bbb", "MD5": "c", "GlobalPrevalence": 3, "Signer": "Contoso"},
                {"SHA1": "dd", "GlobalPrevalence": 500},
            ]),
        );
        let rows = "datatable (Id: long, SHA1: string, Hash: string, Signer: string) [1, 'aa', 'BBB', 'x', 2, 'zz', 'dd', 'y']";
        let shown = "sort by Id asc | project Id, SHA1, SHA256, GlobalPrevalence, Signer";
        let found =
            "{\"Id\":1,\"SHA1\":\"AA\",\"SHA256\":\"bbb\",\"GlobalPrevalence\":3,\"Signer\":\"Contoso\"}\n";
        let unknown =
            "{\"Id\":2,\"SHA1\":\"zz\",\"SHA256\":\"\",\"GlobalPrevalence\":null,\"Signer\":\"\"}\n";
        for call in
            ["FileProfile()", "FileProfile(SHA1)", "FileProfile('SHA1', 1000)", "FileProfile(SHA1, 5)"]
        {
            assert_eq!(
                run(&db, &format!("{rows} | invoke {call} | {shown}")),
                Ok([found, unknown].concat()),
                "{call}"
            );
        }
        let second = "{\"Id\":2,\"SHA1\":\"dd\",\"SHA256\":\"\",\"GlobalPrevalence\":500,\"Signer\":\"\"}\n";
        assert_eq!(
            run(&db, &format!("{rows} | invoke FileProfile(Hash) | {shown}")),
            Ok([found, second].concat())
        );
        // The columns stand as Microsoft's binder says: those of the rows that the profile has not, then those of the profile.
        let columns = run(
            &db,
            &format!("{rows} | invoke FileProfile(SHA1) | getschema | summarize make_list(ColumnName)"),
        );
        let expected = "[\"Id\",\"Hash\",\"SHA1\",\"SHA256\",\"MD5\",\"FileSize\",\"GlobalPrevalence\",\"GlobalFirstSeen\",\
            \"GlobalLastSeen\",\"Signer\",\"Issuer\",\"SignerHash\",\"IsCertificateValid\",\"IsRootSignerMicrosoft\",\
            \"SignatureState\",\"IsExecutable\",\"ThreatName\",\"Publisher\",\"SoftwareName\",\"ProfileAvailability\"]";
        assert_eq!(columns, Ok(format!("{{\"list_ColumnName\":{expected}}}\n")));
    }

    #[test]
    fn devices_and_addresses() {
        let db = given(
            "DeviceFromIP",
            serde_json::json!([{"IPAddress": "10.0.0.1", "DeviceId": "d1", "DeviceName": "pc"}]),
        );
        let query = "datatable (Ip: string, Timestamp: datetime) ['10.0.0.1', datetime(null)] | invoke DeviceFromIP(Ip, Timestamp)";
        let expected = "{\"Ip\":\"10.0.0.1\",\"Timestamp\":null,\"DeviceId\":\"d1\",\"DeviceName\":\"pc\",\"IPAddress\":\"10.0.0.1\"}\n";
        assert_eq!(run(&db, query).as_deref(), Ok(expected));
        let db = given("SeenBy", serde_json::json!([{"DeviceId": "d1", "SeenBy": [{"DeviceId": "d2"}]}]));
        let query = "print DeviceId = 'd1' | invoke SeenBy()";
        assert_eq!(
            run(&db, query).as_deref(),
            Ok("{\"DeviceId\":\"d1\",\"SeenBy\":[{\"DeviceId\":\"d2\"}]}\n")
        );
        let addresses = serde_json::json!([
            {"DeviceName": "pc", "Timestamp": "2024-06-01", "IPAddress": "10.0.0.1"},
            {"DeviceName": "pc", "Timestamp": "2024-06-02", "IPAddress": "10.0.0.2"},
            {"DeviceName": "other", "Timestamp": "2024-06-01", "IPAddress": "10.0.0.3"},
        ]);
        let db = given("AssignedIPAddresses", addresses);
        let query = "AssignedIPAddresses('PC', datetime(2024-06-01)) | project IPAddress";
        assert_eq!(run(&db, query).as_deref(), Ok("{\"IPAddress\":\"10.0.0.1\"}\n"));
    }

    #[test]
    fn what_is_not_given_is_told() {
        let mut db = Database::new();
        add_helpers(&mut db, ["FileProfile", "_GetWatchlist", "imDns", "_Im_WebSession"]);
        let query = "print SHA1 = 'a' | invoke FileProfile(SHA1) | where GlobalPrevalence < 5";
        assert!(db.check(query).diagnostics().is_empty());
        assert!(run(&db, query).unwrap_err().contains("--data FileProfile=FILE"));
        for (query, help) in [
            ("_GetWatchlist('vips') | project SearchKey, Any", "--watchlist NAME=FILE"),
            ("imDns(starttime=ago(1d)) | where SrcIpAddr == '10.0.0.1'", "--functions FILE"),
            ("imDns | where SrcIpAddr == '10.0.0.1'", "--functions FILE"),
            ("_Im_WebSession() | count", "--functions FILE"),
        ] {
            assert!(db.check(query).diagnostics().is_empty(), "{query}");
            assert!(run(&db, query).unwrap_err().contains(help), "{query}");
        }
    }

    #[test]
    fn a_table_stands_for_a_parser() {
        let rows = serde_json::json!([
            {"TimeGenerated": "2024-06-30T11:30:00Z", "DnsQuery": "a.example"},
            {"TimeGenerated": "2024-06-29T11:30:00Z", "DnsQuery": "b.example"},
        ]);
        let schema = Schema::new([("TimeGenerated", ScalarType::DateTime), ("DnsQuery", ScalarType::String)]);
        let texts = rows.to_string();
        let reader = kqlite::TableReader::new(kqlite::DataFormat::Json).schema(schema);
        let mut db = Database::new();
        db.insert("_Im_Dns", reader.read(texts.as_bytes()).unwrap().table);
        add_helpers(&mut db, ["_Im_Dns"]);
        let one = "{\"DnsQuery\":\"a.example\"}\n";
        for query in [
            "_Im_Dns(starttime=ago(1h))",
            "_Im_Dns(ago(2h), now())",
            "_Im_Dns | where TimeGenerated > ago(1h)",
        ] {
            assert_eq!(run(&db, &format!("{query} | project DnsQuery")).as_deref(), Ok(one), "{query}");
        }
        assert_eq!(run(&db, "_Im_Dns() | count").as_deref(), Ok("{\"Count\":2}\n"));
        let error = run(&db, "_Im_Dns(domain_has_any=dynamic(['a']))").unwrap_err();
        assert!(error.contains("has no parameter 'domain_has_any'"), "{error}");
    }

    #[test]
    fn watchlists_are_tables() {
        let rows = serde_json::json!([{"User": "ann", "Team": "red"}, {"User": "bob", "Team": "blue"}]);
        let rows = Table::from_json_rows(rows.as_array().unwrap()).unwrap();
        let mut db = Database::new();
        db.insert(watchlist_table("vips"), as_watchlist(&rows));
        add_helpers(&mut db, ["_GetWatchlist"]);
        add_watchlists(&mut db, ["vips"]);
        let expected = "{\"SearchKey\":\"ann\",\"Team\":\"red\"}\n";
        assert_eq!(
            run(&db, "_GetWatchlist('vips') | where Team has 'red' | project SearchKey, Team").as_deref(),
            Ok(expected)
        );
        assert_eq!(
            run(&db, "_GetWatchlist('vips', dynamic(['ann'])) | project SearchKey, Team").as_deref(),
            Ok(expected)
        );
        assert_eq!(run(&db, "_GetWatchlistAlias").as_deref(), Ok("{\"WatchlistAlias\":\"vips\"}\n"));
        assert!(run(&db, "_GetWatchlist('other')").unwrap_err().contains("_GetWatchlist('other')"));
    }
}
