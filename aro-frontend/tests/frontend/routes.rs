//! The page of routes and the router tell the same.

use std::collections::BTreeSet;

use http::Method;

use crate::support::Service;

/// Names of a path with values that pass the checks.
pub fn filled(path: &str) -> String {
    let values = [
        ("{subscription}", "00000000-0000-0000-0000-000000000000"),
        ("{resource_group}", "resourceGroup"),
        ("{namespace}", "Microsoft.RedHatOpenShift"),
        ("{type}", "openShiftClusters"),
        ("{name}", "resourceName"),
        ("{location}", "eastus"),
        ("{operation}", "11111111-1111-1111-1111-111111111111"),
    ];
    let path = values
        .iter()
        .fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    // Whatever is left is checked by no rule of its own.
    path.split('/')
        .map(|part| if part.starts_with('{') { "x" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

/// The rows of the page: method, path, and whether it is served.
fn page() -> Vec<(String, String, bool)> {
    let text = include_str!("../../../docs/routes.md");
    let rows = text.lines().filter(|line| line.contains("| `/"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        (
            cells[0].to_owned(),
            cells[1].trim_matches('`').to_owned(),
            cells[2] == "served",
        )
    })
    .collect()
}

#[test]
fn the_page_lists_what_the_router_has() {
    let served: BTreeSet<(String, String)> = aro_frontend::routes()
        .into_iter()
        .map(|route| (route.method, route.path))
        .collect();
    let page = page();
    let listed: BTreeSet<(String, String)> = page
        .iter()
        .filter(|(_, _, served)| *served)
        .map(|(method, path, _)| (method.clone(), path.clone()))
        .collect();
    assert_eq!(served, listed, "left: the router, right: docs/routes.md");
    let all: BTreeSet<_> = page.iter().map(|(method, path, _)| (method, path)).collect();
    assert_eq!(all.len(), page.len(), "a row stands there twice");
    let text = include_str!("../../../docs/routes.md");
    assert!(text.contains(&format!("{} of {} are served.", listed.len(), page.len())));
}

#[tokio::test]
async fn what_is_not_served_yet_is_404_and_the_rest_is_answered() {
    let service = Service::start().await;
    for (method, path, served) in page() {
        let url = format!("{}?api-version=2024-08-12-preview", filled(&path));
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = service.send(method.clone(), &url, "".into()).await;
        let unknown = answer.text.contains("The requested path does not exist");
        assert_eq!(unknown, !served, "{method} {url}: {}", answer.text);
        assert_ne!(answer.status, 405, "{method} {url}");
    }
}
