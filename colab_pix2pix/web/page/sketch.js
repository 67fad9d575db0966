// Left: what the model sees. Right: what it makes of it. Draw with the mouse, or press c for the camera.

let model, sheet, camera;

async function setup() {
  createCanvas(512, 256);
  sheet = createGraphics(256, 256);
  sheet.background(255);
  sheet.strokeWeight(12);
  model = await loadPix2Pix("model.onnx");
}

function draw() {
  if (mouseIsPressed) sheet.line(pmouseX, pmouseY, mouseX, mouseY);
  if (camera) image(camera, 0, 0, 256, 256, 0, 0, camera.width, camera.height, COVER);
  else image(sheet, 0, 0);
  if (model) image(model.see(camera ?? sheet), 256, 0, 256, 256);
}

function keyPressed() {
  if (key === "c" && !camera) {
    camera = createCapture(VIDEO);
    camera.hide();
  }
}
