use crate::support::Service;

#[tokio::test]
async fn are_listed_whatever_the_version() {
    let service = Service::start().await;
    let path = "/providers/Microsoft.RedHatOpenShift/operations";
    let plain = service.get(path).await;
    assert_eq!(plain.status, 200);
    let operations = plain.json()["value"].as_array().unwrap().clone();
    assert!(operations.len() >= 11);
    for operation in &operations {
        assert!(
            operation["name"]
                .as_str()
                .unwrap()
                .starts_with("Microsoft.RedHatOpenShift/")
        );
        assert_eq!(operation["display"]["provider"], "Azure Red Hat OpenShift");
    }
    assert_eq!(service.get(&path.to_uppercase()).await.text, plain.text);
}
