use deskless_domain::{Offset, Order};
use serde_json::{Value, json};

use super::{Field, Kind, Query, Service};

const FIELDS: &[Field] = &[
    Field::new("name", Kind::Text),
    Field::new("status", Kind::Word(&["open", "closed"])),
    Field { name: "tag_id", column: "tags", kind: Kind::Text },
    Field::new("owner_id", Kind::Id),
    Field::new("count", Kind::Number),
    Field::new("created_at", Kind::Time),
];
const SERVICE: Service =
    Service { fields: FIELDS, columns: &["id", "name", "status", "tags", "owner_id", "count", "created_at"] };
const OWNER: &str = "0190a5c4-7e00-7000-8000-00000000000a";

fn row() -> Value {
    json!({
        "id": 1, "name": "b", "status": "open", "tags": ["x", "y"], "owner_id": OWNER, "count": 10,
        "created_at": "2026-06-28T18:00:00.000Z",
    })
}

fn error(query: &str) -> String {
    Query::parse(Some(query), &SERVICE).expect_err(query).detail().to_owned()
}

#[test]
fn operators_hold() {
    for (query, holds) in [
        ("name=b", true),
        ("name=c", false),
        ("name[$ne]=b", false),
        ("name[$ne]=c", true),
        ("name[$in][0]=a&name[$in][1]=b", true),
        ("name[$in]=a", false),
        ("name[$nin][]=a&name[$nin][]=b", false),
        ("name[$nin][]=a", true),
        ("name[$gt]=a", true),
        ("count[$gt]=9", true),
        ("count[$gt]=10", false),
        ("count[$gte]=10", true),
        ("count[$lt]=10", false),
        ("count[$lt]=100", true),
        ("count[$lte]=9.5", false),
        ("count=10.0", true),
        ("created_at[$gte]=2026-06-28T20:00:00%2B02:00", true),
        ("created_at[$gt]=2026-06-28T18:00:00Z", false),
        ("created_at[$lte]=2026-06-28T17:59:59.999Z", false),
        ("created_at[$gte]=2026-06-28T17:00:00Z&created_at[$lt]=2026-06-28T19:00:00Z", true),
        ("tag_id=y", true),
        ("tag_id[$ne]=y", false),
        ("tag_id[$in][]=z&tag_id[$in][]=x", true),
        ("owner_id=", false),
        ("owner_id[$ne]=", true),
        ("owner_id=null", false),
        ("owner_id=0190A5C4-7E00-7000-8000-00000000000A", true),
        ("$or[0][name]=z&$or[1][count][$gt]=9", true),
        ("$or[0][name]=z&$or[1][count][$gt]=10", false),
        ("$or[0][name]=b&$or[0][count]=9", false),
        ("$and[0][name]=b&$and[1][count]=10", true),
        ("$and[0][name]=b&$and[1][count]=9", false),
        ("status=open&name=z", false),
    ] {
        assert_eq!(Query::parse(Some(query), &SERVICE).expect(query).matches(&row()), holds, "{query}");
    }
}

#[test]
fn null_matches_null_only() {
    let mut row = row();
    row["owner_id"] = Value::Null;
    row["count"] = Value::Null;
    for (query, holds) in
        [("owner_id=", true), ("owner_id[$ne]=", false), ("count[$gt]=0", false), ("count[$lte]=0", false)]
    {
        assert_eq!(Query::parse(Some(query), &SERVICE).expect(query).matches(&row), holds, "{query}");
    }
    assert!(Query::parse(Some(&format!("owner_id[$ne]={OWNER}")), &SERVICE).expect("a query").matches(&row));
}

#[test]
fn paging_has_defaults_and_bounds() {
    let query = Query::parse(None, &SERVICE).expect("a query");
    assert_eq!((query.limit, query.skip, query.sort.len()), (10, Offset::START, 0));
    let query = Query::parse(Some("$limit=50&$skip=10000&$sort[name]=1&$sort[count]=-1"), &SERVICE).expect("a query");
    assert_eq!((query.limit, query.skip.rows()), (50, 10_000));
    assert_eq!(query.sort, [("name", Order::Asc), ("count", Order::Desc)]);
    assert_eq!(Query::parse(Some("$limit=0"), &SERVICE).expect("a query").limit, 0);
    assert_eq!(error("$limit=51"), "`$limit` must be at most 50. Use `$skip` for the next page.");
    assert_eq!(error("$limit=-1"), "`$limit` must be a whole number of at least 0.");
    assert!(error("$skip=10001").starts_with("`$skip` must be at most 10,000. To read further, page with `cursor`"));
}

#[test]
fn nothing_is_ignored() {
    for (query, message) in [
        ("nmae=a", "`nmae` is not supported. Did you mean `name`?"),
        ("$limits=1", "`$limits` is not supported. Supported: name, status, tag_id, owner_id, count, created_at."),
        (
            "$sort[size]=1",
            "`$sort[size]` is not supported. Supported: name, status, tag_id, owner_id, count, created_at.",
        ),
        ("$sort[name]=up", "`$sort[name]` must be 1 or -1."),
        ("$sort=name", "`$sort` must have fields in brackets, such as `$sort[created_at]=-1`."),
        (
            "name[$regex]=a",
            "`name[$regex]` has an unknown operator. Known operators: $ne, $gt, $gte, $lt, $lte, $in, $nin.",
        ),
        ("name[0]=a&name[1]=b", "`name` must not be an array. Use `$in`."),
        ("name[$ne][0]=a", "`name[$ne]` must have one value."),
        ("status=opne", "`status` must be one of open, closed. Did you mean `open`?"),
        ("status[$gt]=open", "`status` has no order. Use `$in`, `$nin` or `$ne`."),
        ("owner_id=7", "`owner_id` must be an id, which is a UUID, or null."),
        ("count=x", "`count` must be a number."),
        ("$or=a", "`$or` must be an array of objects."),
        (
            "$or[0][$or][0][name]=a",
            "`$or` is not supported. Supported: name, status, tag_id, owner_id, count, created_at.",
        ),
    ] {
        assert_eq!(error(query), message, "{query}");
    }
    assert!(error("created_at=yesterday").starts_with("`created_at` must be "));
}

#[test]
fn selection_keeps_the_id() {
    let query = |text| Query::parse(Some(text), &SERVICE).expect("a query");
    let selected = query("$select[]=name&$select[]=count").selected(row());
    assert_eq!(selected, json!({ "id": 1, "name": "b", "count": 10 }));
    assert_eq!(error("$select=nmae"), "`$select` has the unknown field `nmae`. Did you mean `name`?");
}

#[test]
fn one_record_has_no_page() {
    assert!(Query::of_one(Some("$select[]=name"), &SERVICE).is_ok());
    let refused = Query::of_one(Some("$limit=1"), &SERVICE).expect_err("a page");
    assert_eq!(refused.detail(), "`$limit` is not supported in a request for one record.");
}

#[test]
fn single_values_are_taken() {
    let taken = |text| {
        let mut query = Query::parse(Some(text), &SERVICE).expect("a query");
        query.take("name").map(|name| (name, query.all.len())).map_err(|problem| problem.detail().to_owned())
    };
    assert_eq!(taken("name=a&count=1"), Ok((Some("a".to_owned()), 1)));
    assert_eq!(taken("count=1"), Ok((None, 1)));
    for refused in ["name[$ne]=a", "$or[0][name]=a", "name[$in][]=a&name[$in][]=b"] {
        assert!(taken(refused).is_err(), "{refused}");
    }
}
