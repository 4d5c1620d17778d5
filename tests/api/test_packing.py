"""What is packed for whom."""


async def test_our_own_pages_are_answered_packed_and_nobody_else(people, unlimited):
    cora = await people.coordinator()
    for _ in range(8):
        await people.enrol()
    for headers, packed in [
        ({}, True),
        ({"accept-encoding": "identity"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, False),
    ]:
        answer = await cora.get(
            "/members", headers=headers | {"accept-encoding": headers.get("accept-encoding", "gzip")}
        )
        assert answer.status_code == 200
        assert (answer.headers.get("content-encoding") == "gzip") == packed, headers
        assert len(answer.json()["members"]) == 9
        if packed:
            assert int(answer.headers["content-length"]) < 600 < len(answer.content)
    short = await cora.get("/sessions", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in short.headers


async def test_what_is_packed_is_not_packed_again(anonymous):
    page = await anonymous.get("/app", headers={"accept-encoding": "gzip", "sec-fetch-site": "same-origin"})
    assert page.headers.get_list("content-encoding") == ["gzip"]
    assert page.text.startswith("<!doctype html>")
    with_problem = await anonymous.get(
        "/nothing", headers={"accept-encoding": "gzip", "sec-fetch-site": "same-origin"}
    )
    assert "content-encoding" not in with_problem.headers
