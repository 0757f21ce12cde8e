// A replay's scene: solids, ways and light, drawn with three.js. The world's z points up; lengths are in m.

import * as three from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { RoundedBoxGeometry } from "three/addons/geometries/RoundedBoxGeometry.js";
import { alignedFrames, curveAt, distance, waySegments } from "./replay_motion.js";

/** Where the viewer stands and looks at first. */
const viewer = { eye: [1.5, -1.03, 1.78], target: [-0.08, 0.01, 0.9], degrees: 37 };

/** Solids and ways farther than this from the middle of the table are not drawn. */
const reach = 3;

const colors = { true: 0xe8590c, predicted: 0x7048e8 };
const up = new three.Vector3(0, 1, 0);

/**
 * Makes a scene on a canvas.
 *
 * @param {HTMLCanvasElement} canvas
 * @returns What {@link replay.js} drives. `show` takes an episode of the replay's file, `draw` the time in steps.
 * @throws If the browser has no WebGL.
 */
export function createScene(canvas) {
  const renderer = new three.WebGLRenderer({ canvas, antialias: true, alpha: true });
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = three.PCFShadowMap;
  const scene = new three.Scene();
  const camera = new three.PerspectiveCamera(viewer.degrees, 1.5, 0.05, 60);
  camera.up.set(0, 0, 1);
  const controls = new OrbitControls(camera, canvas);
  controls.minDistance = 0.5;
  controls.maxDistance = 5;
  controls.maxPolarAngle = 0.52 * Math.PI;
  controls.enablePan = false;
  // The page has the wheel until the picture is clicked or focused.
  controls.enableZoom = false;
  addLights(scene);
  scene.add(floor());
  let content = null;

  const resetView = () => {
    camera.position.set(...viewer.eye);
    controls.target.set(...viewer.target);
    controls.update();
  };
  resetView();

  return {
    controls,
    resetView,
    /** Turns the view by angles in rad. */
    turn(around, over) {
      const offset = camera.position.clone().sub(controls.target);
      const place = new three.Spherical().setFromVector3(new three.Vector3(offset.x, offset.z, -offset.y));
      place.theta += around;
      place.phi = Math.min(Math.max(place.phi + over, 0.05), controls.maxPolarAngle);
      offset.setFromSpherical(place);
      camera.position.set(offset.x, -offset.z, offset.y).add(controls.target);
      controls.update();
    },
    show(episode) {
      content?.remove();
      content = createContent(scene, episode);
      return { far: content.far };
    },
    draw(time) {
      content?.moveTo(time);
      const { clientWidth: width, clientHeight: height } = canvas;
      if (width === 0) return;
      renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
      renderer.setSize(width, height, false);
      camera.aspect = width / height;
      // On a narrow page the width decides what is seen.
      camera.fov = camera.aspect < 1.3 ? viewer.degrees * Math.min(1.3 / camera.aspect, 1.6) : viewer.degrees;
      camera.updateProjectionMatrix();
      renderer.render(scene, camera);
    },
    dispose() {
      content?.remove();
      controls.dispose();
      renderer.dispose();
    },
  };
}

function addLights(scene) {
  scene.add(new three.HemisphereLight(0xffffff, 0xb9b2a6, 1.7));
  const sun = new three.DirectionalLight(0xfff4e6, 2.3);
  sun.position.set(0.9, -1.3, 3);
  sun.target.position.set(0, 0, 0.8);
  sun.castShadow = true;
  sun.shadow.mapSize.set(2048, 2048);
  Object.assign(sun.shadow.camera, { left: -1.1, right: 1.1, top: 1.1, bottom: -1.1, near: 1, far: 5 });
  sun.shadow.bias = -0.0005;
  sun.shadow.normalBias = 0.01;
  sun.shadow.radius = 4;
  const back = new three.DirectionalLight(0xdbe9ff, 0.8);
  back.position.set(-2, 1.5, 1.5);
  scene.add(sun, sun.target, back);
}

/** A disc that fades out, so that the scene needs no horizon. */
function floor() {
  const paint = document.createElement("canvas");
  paint.width = paint.height = 256;
  const context = paint.getContext("2d");
  const fade = context.createRadialGradient(128, 128, 20, 128, 128, 128);
  fade.addColorStop(0, "#ffffff");
  fade.addColorStop(1, "#000000");
  context.fillStyle = fade;
  context.fillRect(0, 0, 256, 256);
  const material = new three.MeshStandardMaterial({
    color: 0xc3cad3,
    roughness: 1,
    transparent: true,
    alphaMap: new three.CanvasTexture(paint),
    depthWrite: false,
  });
  const disc = new three.Mesh(new three.CircleGeometry(2.2, 64), material);
  disc.receiveShadow = true;
  return disc;
}

/** The things of one episode. */
function createContent(scene, episode) {
  const group = new three.Group();
  const frames = alignedFrames(episode.frames);
  const solids = episode.geoms.map((geom) => solid(geom));
  const first = (index) => frames[0].slice(7 * index, 7 * index + 3);
  const far = [];
  solids.forEach((mesh, index) => {
    if (distance(first(index), viewer.target) <= reach) return group.add(mesh);
    far.push({ name: episode.geoms[index].name, away: distance(first(index), viewer.target) });
    group.add(pointer(first(index), mesh.material.color));
  });
  const ways = episode.tracks.flatMap((track) => ["true", "predicted"].map((kind) => way(track, kind)));
  const ghosts = episode.tracks.map((track) => ghost(track));
  for (const { meshes } of ways) group.add(...meshes);
  group.add(...ghosts.map(({ mesh }) => mesh));
  scene.add(group);
  return {
    far,
    moveTo(time) {
      const pose = curveAt(frames, time);
      solids.forEach((mesh, index) => {
        const [x, y, z, qw, qx, qy, qz] = pose.slice(7 * index, 7 * index + 7);
        mesh.position.set(x, y, z);
        mesh.quaternion.set(qx, qy, qz, qw).normalize();
      });
      for (const each of ways) each.moveTo(time);
      for (const each of ghosts) each.moveTo(time);
    },
    remove() {
      scene.remove(group);
      group.traverse((each) => {
        each.geometry?.dispose();
        each.material?.dispose();
      });
    },
  };
}

function solid({ type, size, color }) {
  const material = new three.MeshStandardMaterial({ roughness: type === "sphere" ? 0.28 : 0.5, metalness: 0.05 });
  material.color.setRGB(...color, three.SRGBColorSpace);
  const mesh = new three.Mesh(shapeOf(type, size), material);
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  return mesh;
}

function shapeOf(type, size) {
  if (type === "sphere") return new three.SphereGeometry(size[0], 48, 32);
  if (type === "capsule") {
    return new three.CapsuleGeometry(size[0], 2 * size[1], 12, 40).rotateX(Math.PI / 2);
  }
  const [x, y, z] = size.map((half) => 2 * half);
  return new RoundedBoxGeometry(x, y, z, 4, Math.min(0.008, 0.2 * Math.min(x, y, z)));
}

/** An arrow at the table's edge towards something too far away to be seen. */
function pointer(place, color) {
  const towards = new three.Vector3(place[0], place[1], 0).normalize();
  const material = new three.MeshStandardMaterial({ color, roughness: 0.5 });
  const arrow = new three.Group();
  const head = new three.Mesh(new three.ConeGeometry(0.035, 0.09, 32), material);
  const shaft = new three.Mesh(new three.CylinderGeometry(0.014, 0.014, 0.12, 24), material);
  head.position.y = 0.1;
  arrow.add(head, shaft);
  arrow.quaternion.setFromUnitVectors(up, towards);
  // Beyond the table's edge along the direction.
  const edge = Math.min(0.3 / Math.max(Math.abs(towards.x), 1e-9), 0.45 / Math.max(Math.abs(towards.y), 1e-9));
  arrow.position.copy(towards).multiplyScalar(edge + 0.14).setZ(0.8);
  arrow.traverse((each) => {
    each.castShadow = true;
  });
  return arrow;
}

/** A way: faint as a whole, strong up to the present. */
function way(track, kind) {
  const points = track[kind].map(([x, y, z]) => [x, y, track.floor === null ? z : track.floor + 0.003]);
  const isDashed = kind === "predicted";
  const radius = (track.floor === null ? 0.0026 : 0.0042) * (isDashed ? 1.15 : 1);
  const segments = waySegments(points, {
    reach,
    centre: viewer.target,
    ...(isDashed ? { dash: 0.014, gap: 0.012 } : {}),
  });
  const meshes = [0.28, 1].map((opacity) => {
    const material = new three.MeshBasicMaterial({ color: colors[kind], opacity, transparent: opacity < 1 });
    const mesh = new three.InstancedMesh(
      new three.CylinderGeometry(1, 1, 1, 10),
      material,
      Math.max(segments.length, 1),
    );
    mesh.count = segments.length;
    mesh.frustumCulled = false;
    segments.forEach(({ from, to }, index) => mesh.setMatrixAt(index, rodBetween(from, to, radius)));
    return mesh;
  });
  return {
    meshes,
    moveTo(time) {
      meshes[1].count = segments.findLastIndex(({ until }) => until <= time + 1e-9) + 1;
    },
  };
}

function rodBetween(from, to, radius) {
  const [a, b] = [new three.Vector3(...from), new three.Vector3(...to)];
  const along = b.clone().sub(a);
  const length = along.length();
  const turn = new three.Quaternion().setFromUnitVectors(up, along.divideScalar(length));
  // A little longer, so that bends have no notch.
  const scale = new three.Vector3(radius, length + 0.4 * radius, radius);
  return new three.Matrix4().compose(a.add(b).multiplyScalar(0.5), turn, scale);
}

/** What the model believes is here now, as a pale ball. */
function ghost({ radius, predicted }) {
  const material = new three.MeshStandardMaterial({
    color: colors.predicted,
    transparent: true,
    opacity: 0.42,
    depthWrite: false,
    roughness: 0.6,
  });
  const mesh = new three.Mesh(new three.SphereGeometry(1.06 * radius, 40, 24), material);
  return {
    mesh,
    moveTo(time) {
      const place = curveAt(predicted, time);
      mesh.visible = time <= predicted.length - 1 && distance(place, viewer.target) <= reach;
      mesh.position.set(...place);
    },
  };
}
