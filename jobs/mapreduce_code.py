"""The gradient in Java, as a mapper and a reducer, compiled in the driver by the compiler that Spark brings.

https://hadoop.apache.org/docs/stable/hadoop-mapreduce-client/hadoop-mapreduce-client-core/MapReduceTutorial.html
"""

import zipfile
from typing import Any, Dict, Tuple

MAPPER, REDUCER = "FiresteelGradientMapper", "FiresteelGradientReducer"
WEIGHTS = "firesteel.weights"
# Janino knows no type arguments, so both are the raw types. A mapper adds up all its rows before it sends anything.
SOURCES = {
    MAPPER: """
import java.io.IOException;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.Mapper;

public class FiresteelGradientMapper extends Mapper {
    private double[] weights;
    private double[] sums;

    protected void setup(Mapper.Context context) {
        String[] texts = context.getConfiguration().get("firesteel.weights").split(",");
        weights = new double[texts.length];
        for (int i = 0; i < texts.length; i++) weights[i] = Double.parseDouble(texts[i]);
        sums = new double[texts.length + 2];
    }

    protected void map(Object offset, Object line, Mapper.Context context) {
        String[] texts = line.toString().split(",");
        int last = weights.length - 1;
        double[] values = new double[last];
        double z = weights[last];
        for (int i = 0; i < last; i++) {
            values[i] = Double.parseDouble(texts[i]);
            z += weights[i] * values[i];
        }
        double label = Double.parseDouble(texts[last]);
        double error = 1 / (1 + Math.exp(-z)) - label;
        for (int i = 0; i < last; i++) sums[i] += error * values[i];
        sums[last] += error;
        sums[last + 1] += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - label * z;
        sums[last + 2] += 1;
    }

    protected void cleanup(Mapper.Context context) throws IOException, InterruptedException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < sums.length; i++) text.append(i == 0 ? "" : ",").append(sums[i]);
        context.write(new Text("sums"), new Text(text.toString()));
    }
}
""",
    REDUCER: """
import java.io.IOException;
import java.util.Iterator;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.Reducer;

public class FiresteelGradientReducer extends Reducer {
    protected void reduce(Object key, Iterable parts, Reducer.Context context)
            throws IOException, InterruptedException {
        double[] sums = null;
        Iterator each = parts.iterator();
        while (each.hasNext()) {
            String[] texts = each.next().toString().split(",");
            if (sums == null) sums = new double[texts.length];
            for (int i = 0; i < sums.length; i++) sums[i] += Double.parseDouble(texts[i]);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < sums.length; i++) text.append(i == 0 ? "" : ",").append(sums[i]);
        context.write(new Text("sums"), new Text(text.toString()));
    }
}
""",
}


def compiled(jvm: Any) -> Tuple[Any, Dict[str, bytes]]:
    """Give a class loader that has both classes, and their bytes by name; no bytes where Janino is older than 3.1."""
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    classes: Dict[str, bytes] = {}
    for source in SOURCES.values():
        compiler = jvm.org.codehaus.janino.SimpleCompiler()
        compiler.setParentClassLoader(loader)
        compiler.cook(source)
        loader = compiler.getClassLoader()
        classes.update(_bytes(compiler))
    return loader, classes


def jar(classes: Dict[str, bytes], folder: str) -> str:
    """Write the classes as a jar into the folder, for the nodes of a cluster, and give its path."""
    path = folder + "/gradient.jar"
    with zipfile.ZipFile(path, "w") as archive:
        for name, code in classes.items():
            archive.writestr(name.replace(".", "/") + ".class", code)
    return path


def _bytes(compiler: Any) -> Dict[str, bytes]:
    from py4j.protocol import Py4JError

    try:
        return {str(name): bytes(code) for name, code in dict(compiler.getBytecodes()).items()}
    except Py4JError:
        return {}
