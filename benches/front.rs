//! How long a query's text takes until it can run, on the detection of `examples/sender-contact`: formatting (which is lexing
//! and parsing), checking (binding too), compiling (optimizing too). Guards the cost of a query over little data.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kqlite::{Database, ScalarType, Schema};

/// The detection, with its comments.
const QUERY: &str = "
let emailDelivered = EmailEvents
| where Timestamp < ago(30d)
and DeliveryAction == \"Delivered\"
and SenderDisplayName contains \"Microsoft\"
| summarize count() by SenderFromAddress
| where count_ > 3 // ensuring that some level of communications has occured.
| project SenderFromAddress;
EmailEvents
| where Timestamp > ago(24hrs)
| where DeliveryAction == \"Delivered\"
and EmailDirection == \"Inbound\"
and OrgLevelAction != \"Block\"
and UserLevelAction != \"Block\"
and SenderDisplayName contains \"Microsoft\" //Change the name here
| extend NewMsg = case(Subject contains \"RE:\", false, Subject contains \"FW:\", false, true )
| project SenderDisplayName, SenderFromAddress, NetworkMessageId, SenderMailFromAddress, DeliveryAction, NewMsg, Subject
| join kind=leftanti ( emailDelivered ) on SenderFromAddress
| order by SenderMailFromAddress
| summarize count() by SenderDisplayName, SenderFromAddress, NetworkMessageId, SenderMailFromAddress, NewMsg, Subject";

fn front(criterion: &mut Criterion) {
    let texts = [
        "NetworkMessageId",
        "SenderDisplayName",
        "SenderFromAddress",
        "SenderMailFromAddress",
        "DeliveryAction",
        "EmailDirection",
        "OrgLevelAction",
        "UserLevelAction",
        "Subject",
    ];
    let columns = std::iter::once(("Timestamp", ScalarType::DateTime))
        .chain(texts.map(|name| (name, ScalarType::String)));
    let mut database = Database::new();
    database.declare("EmailEvents", Schema::new(columns));

    let mut group = criterion.benchmark_group("front");
    group.bench_function("format", |bench| bench.iter(|| kqlite::format(black_box(QUERY)).is_ok()));
    group.bench_function("check", |bench| bench.iter(|| database.check(black_box(QUERY)).is_ok()));
    group.bench_function("compile", |bench| bench.iter(|| database.compile(black_box(QUERY)).is_ok()));
    group.finish();
}

criterion_group!(benches, front);
criterion_main!(benches);
