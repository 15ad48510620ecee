//! Custom resource definitions come and go with their objects.

use aro_sim_kube::{ApiServer, Controllers};
use kube::api::{Api, DeleteParams, DynamicObject, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::json;

use crate::client;

fn definition() -> serde_json::Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "lives.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "lives", "singular": "life", "kind": "Life", "listKind": "LifeList"},
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }],
        },
    })
}

#[tokio::test]
async fn objects_go_with_their_definition() {
    let server = ApiServer::builder().controllers(Controllers::NONE).build();
    server.seed(definition()).unwrap();
    let lives = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("example.com", "v1", "Life"), "lives");
    let api: Api<DynamicObject> = Api::namespaced_with(client(&server), "default", &lives);
    let held = json!({"apiVersion": "example.com/v1", "kind": "Life", "metadata": {
        "name": "held", "finalizers": ["example.com/wait"],
    }});
    for object in [
        json!({"apiVersion": "example.com/v1", "kind": "Life", "metadata": {"name": "free"}}),
        held,
    ] {
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        api.create(&PostParams::default(), &object).await.unwrap();
    }
    let crds = ApiResource::from_gvk(&GroupVersionKind::gvk(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
    ));
    let definitions: Api<DynamicObject> = Api::all_with(client(&server), &crds);
    definitions
        .delete("lives.example.com", &DeleteParams::default())
        .await
        .unwrap();

    // The definition waits for the object that waits.
    let names = |server: &ApiServer| -> Vec<String> {
        let lives = server.list(("example.com", "lives"), None);
        lives
            .iter()
            .map(|life| life["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&server), ["held"]);
    assert!(definitions.get_opt("lives.example.com").await.unwrap().is_some());

    server.edit(("example.com", "lives"), Some("default"), "held", |life| {
        life["metadata"].as_object_mut().unwrap().remove("finalizers");
    });
    assert!(definitions.get_opt("lives.example.com").await.unwrap().is_none());
    server.seed(definition()).unwrap();
    assert!(names(&server).is_empty());
}
