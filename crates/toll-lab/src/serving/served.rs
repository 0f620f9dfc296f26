//! What a server of somebody's own application is told: which layers the application is without, and
//! the request whose way leads through them.

use serde_json::json;
use toll_core::audit::BARE;

use crate::bench::Station;

/// The variables of one cell; the environment is of the same size in every cell.
pub(super) fn variables(station: &Station, cell: u32) -> Vec<(String, String)> {
    let places: Vec<String> = station
        .plan
        .apart
        .bare_of
        .iter()
        .map(usize::to_string)
        .collect();
    let all = places.join(",");
    let without = if cell == BARE {
        all
    } else {
        " ".repeat(all.len())
    };
    [
        ("ASGI_TOLL_REQUEST", request(station)),
        ("ASGI_TOLL_WITHOUT", without),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The request without its body, which no router looks at and no variable has room for.
fn request(station: &Station) -> String {
    let workload = &station.workload;
    json!({
        "type": workload.protocol.name(),
        "method": workload.method,
        "path": workload.path,
        "headers": workload.headers,
    })
    .to_string()
}
