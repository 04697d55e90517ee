#include "control/docker_create.hpp"

#include <gtest/gtest.h>

namespace weir::control {
namespace docker_create_test {

base::json::value inspected(const std::string& config, const std::string& host = "",
                            const std::string& networks = R"("back":{"IPAddress":"10.0.0.2"})") {
  return base::parse_json(R"({"Id":")" + std::string(64, 'a') +
                          R"(","Name":"/w1","State":{"Status":"running"},"Config":{)" + config +
                          R"(},"HostConfig":{)" + host + R"(},"NetworkSettings":{"Networks":{)" +
                          networks + "}}}")
      .value();
}

TEST(DockerCreate, ACopyHasWhatItNeedsToRun) {
  const auto created = docker_create_body(
      inspected(R"("Image":"weir:dev","Cmd":["lab","web"],"Entrypoint":["/bin/weir"],
        "Env":["A=1","B=two words"],"User":"","WorkingDir":"/x","Hostname":"c67c30fe3b39",
        "ExposedPorts":{"8080/tcp":{}},"Volumes":null,"OnBuild":null,
        "Labels":{"weir.port":"8080","weir.service":"api","com.docker.compose.service":"w",
                  "weir.managed-by":"somebody"})",
                R"("Memory":67108864,"NanoCpus":0,"CapDrop":["ALL"],"Init":true,"PidsLimit":null,
        "NetworkMode":"back","RestartPolicy":{"Name":"always"},
        "SecurityOpt":["seccomp=unconfined","no-new-privileges"])"),
      {.service = "api", .label = "role=blue", .network = {}});
  ASSERT_TRUE(created) << created.error().detail();
  const base::json::value expected =
      base::parse_json(R"({"Image":"weir:dev","Cmd":["lab","web"],"Entrypoint":["/bin/weir"],
        "Env":["A=1","B=two words"],"User":"","WorkingDir":"/x","ExposedPorts":{"8080/tcp":{}},
        "Labels":{"role":"blue","weir.managed-by":"weir","weir.port":"8080","weir.service":"api"},
        "HostConfig":{"Memory":67108864,"NanoCpus":0,"CapDrop":["ALL"],"Init":true,
                      "RestartPolicy":{"Name":"always"},
                      "SecurityOpt":["no-new-privileges"],"NetworkMode":"back"},
        "NetworkingConfig":{"EndpointsConfig":{"back":{}}}})")
          .value();
  EXPECT_EQ(base::parse_json(created->body).value(), expected) << created->body;
  EXPECT_TRUE(created->left_out.empty());
}

TEST(DockerCreate, NoPowerIsTakenOverAndThatIsSaid) {
  const auto created = docker_create_body(
      inspected(R"("Image":"x")",
                R"("Binds":["/:/host"],"Privileged":true,"CapAdd":["SYS_ADMIN"],"PidMode":"host",
        "Devices":[{"PathOnHost":"/dev/sda"}],"PortBindings":{"80/tcp":[{"HostPort":"80"}]},
        "Tmpfs":{"/t":""},"VolumesFrom":null,"Mounts":[])"),
      {});
  ASSERT_TRUE(created);
  EXPECT_EQ(created->left_out, (std::vector<std::string>{"Binds", "Devices", "CapAdd", "Privileged",
                                                         "PidMode", "Tmpfs", "PortBindings"}));
  for (const char* word : {"host\"", "/dev", "SYS_ADMIN", "Privileged", "HostPort"}) {
    EXPECT_EQ(created->body.find(word), std::string::npos) << created->body;
  }
}

TEST(DockerCreate, WhatCannotBeCopiedSaysWhy) {
  const auto error = [](const base::json::value& from, const DockerCreateOptions& options = {}) {
    const auto created = docker_create_body(from, options);
    return created ? std::string("none") : std::string(created.error().detail());
  };
  EXPECT_EQ(error(inspected("")), "container w1 names no image");
  EXPECT_EQ(error(inspected(R"("Image":7)")), "container w1 names no image");
  const std::string image = R"("Image":"x")";
  EXPECT_EQ(error(inspected(image, "", "")),
            "container w1 is on no network of its own; say which network a copy joins");
  EXPECT_EQ(error(inspected(image, "", R"("host":{})")),
            "container w1 is on no network of its own; say which network a copy joins");
  const std::string two = R"("back":{},"front":{})";
  EXPECT_EQ(error(inspected(image, "", two)),
            "container w1 is on several networks; say which network a copy joins");
  EXPECT_EQ(error(inspected(image, "", two), {.service = {}, .label = {}, .network = "front"}),
            "none");
  EXPECT_EQ(error(inspected(image + R"(,"Env":[")" + std::string(300'000, 'x') + "\"]")),
            "container w1 has too much text to copy");
  EXPECT_FALSE(docker_create_body(base::json::value(7), {}));
}

}  // namespace docker_create_test
}  // namespace weir::control
