use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::support::{SUBSCRIPTION, Service, body, cluster};

const LIST: &str = "providers/Microsoft.RedHatOpenShift/openShiftClusters?api-version=2023-11-22";

async fn create(service: &Service, group: &str, number: usize) {
    let mut wish = body();
    wish["properties"]["servicePrincipalProfile"]["clientId"] = json!(format!("22222222-2222-2222-2222-{number:012}"));
    wish["properties"]["clusterProfile"]["resourceGroupId"] =
        json!(format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/managed{number}"));
    let path = cluster("2023-11-22")
        .replace("resourceGroups/resourceGroup/", &format!("resourceGroups/{group}/"))
        .replace("resourceName", &format!("Cluster{number:02}"));
    let answer = service.put(&path, &wish).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[tokio::test]
async fn nothing_is_an_empty_list() {
    let service = Service::start().await;
    let answer = service.get(&format!("/subscriptions/{SUBSCRIPTION}/{LIST}")).await;
    assert_eq!(answer.text, "{\n    \"value\": []\n}\n");
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps_or_repeats() {
    let service = Service::with(|parts| parts.settings.page_size = 3).await;
    for number in 0..8 {
        create(
            &service,
            if number % 4 == 0 { "Other" } else { "resourceGroup" },
            number,
        )
        .await;
    }
    let ask = |path: String| {
        let referer = format!("https://management.azure.com{path}");
        service.raw(
            Request::get(path)
                .header("referer", referer)
                .body(Body::empty())
                .unwrap(),
        )
    };
    let mut path = format!("/subscriptions/{SUBSCRIPTION}/{LIST}&x=y");
    let mut names = Vec::new();
    let mut pages = 0;
    loop {
        let answer = ask(path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let page = answer.json();
        names.extend(
            page["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| c["name"].as_str().unwrap().to_string()),
        );
        pages += 1;
        match page["nextLink"].as_str() {
            None => break,
            Some(link) => {
                assert!(
                    link.starts_with("https://management.azure.com/") && link.contains("x=y"),
                    "{link}"
                );
                assert!(!link.contains("cluster0"), "the token tells nothing: {link}");
                path = link.trim_start_matches("https://management.azure.com").to_string();
            }
        }
    }
    assert_eq!((pages, names.len()), (3, 8));
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 8);
    let groups_in_order = ["Cluster00", "Cluster04", "Cluster01", "Cluster02"];
    assert_eq!(names[..4], groups_in_order, "ordered by the lower-case resource id");
}

#[tokio::test]
async fn a_resource_group_shows_its_own_clusters() {
    let service = Service::start().await;
    for (group, number) in [("a", 1), ("ab", 2), ("a", 3)] {
        create(&service, group, number).await;
    }
    let answer = service
        .get(&format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/A/{LIST}"))
        .await;
    let names: Vec<_> = answer.json()["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap().to_string())
        .collect();
    assert_eq!(names, ["Cluster01", "Cluster03"]);
    let foreign = LIST.to_string();
    let other = service
        .get(&format!(
            "/subscriptions/11111111-2222-3333-4444-555555555555/{foreign}"
        ))
        .await;
    assert_eq!(other.json()["value"], json!([]));
}

#[tokio::test]
async fn a_token_is_good_for_one_list_and_version() {
    let service = Service::with(|parts| parts.settings.page_size = 1).await;
    create(&service, "a", 1).await;
    create(&service, "a", 2).await;
    let list = format!("/subscriptions/{SUBSCRIPTION}/{LIST}");
    let first = service.get(&list).await.json();
    let link = first["nextLink"].as_str().unwrap();
    let token = link.split("skipToken=").nth(1).unwrap();
    assert_eq!(
        service.get(&format!("{list}&$skipToken={token}")).await.json()["value"][0]["name"],
        "Cluster02"
    );

    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/a/{LIST}&$skipToken={token}");
    let version = format!("{list}&$skipToken={token}").replace("2023-11-22", "2023-09-04");
    for path in [
        group,
        version,
        format!("{list}&$skipToken=x"),
        format!("{list}&$skipToken=!"),
    ] {
        let answer = service.get(&path).await;
        assert_eq!(
            answer.error(),
            (400, "InvalidParameter".to_string(), "$skipToken".to_string()),
            "{path}"
        );
    }
}
